import type { FieldSpec } from '@runward/events';
import {
  type Correlation,
  type Expression,
  type FactView,
  factCatalogue,
  interpret,
  loadRules,
  printCondition,
  type Rule,
  type RuleDiagnostic,
  type RuleSet,
  type SourceFile,
} from '@runward/rules';
import type { Observation } from './observation.js';
import { type PatchItem, writePatch } from './patch.js';
import { type Suggestion, suggest, weightOf } from './suggestion.js';

export interface TuneOptions {
  readonly fields: ReadonlyMap<string, FieldSpec<never>>;
  /** Only this rule. */
  readonly rule?: string | undefined;
  /** Fewer detections than this are not noise; 3 unless given. */
  readonly min?: number | undefined;
  readonly narrow?: boolean;
}

export interface TunedRule extends PatchItem {
  /** Detections that are left when the patch is loaded. */
  readonly after: number;
}

export interface Tuning {
  /** Rules with detections, the noisiest first. */
  readonly rules: readonly TunedRule[];
  /** Detections of rules that are not loaded, by name. */
  readonly unknown: ReadonlyMap<string, number>;
  /** A rule file; '' when nothing is suggested. */
  readonly patch: string;
  readonly before: number;
  readonly after: number;
  /** What the loader says of the patch, after the rules; empty unless something is wrong with it. */
  readonly diagnostics: readonly RuleDiagnostic[];
}

type Judged = Rule | Correlation;

const MIN = 3;
const PATCH_NAME = 'tuning';

/**
 * Suggests exceptions for what was observed. The patch is loaded behind the rules and its effect counted on the
 * same detections: nothing is claimed that the loader did not confirm.
 */
export function tune(
  files: readonly SourceFile[],
  ruleSet: RuleSet,
  all: readonly Observation[],
  options: TuneOptions,
): Tuning {
  const byRule = new Map<string, Observation[]>();
  for (const observation of all) {
    if (options.rule !== undefined && observation.rule !== options.rule) continue;
    const known = byRule.get(observation.rule);
    if (known === undefined) byRule.set(observation.rule, [observation]);
    else known.push(observation);
  }
  const before = judgedByName(ruleSet);
  const items: PatchItem[] = [];
  const unknown = new Map<string, number>();
  for (const [name, observations] of byRule) {
    const judged = before.get(name);
    if (judged === undefined) unknown.set(name, weightOf(observations));
    else items.push(itemOf(judged, observations, options));
  }
  items.sort((a, b) => b.detections - a.detections);
  const patch = writePatch(items);
  const { value, diagnostics } = loadRules([...files, { name: PATCH_NAME, text: patch }], {
    catalogue: options.fields,
  });
  const after = judgedByName(value ?? ruleSet);
  const catalogue = factCatalogue(options.fields);
  const rules = items.map((item): TunedRule => {
    const added = addedTerms(before.get(item.name), after.get(item.name));
    const left = (byRule.get(item.name) ?? []).filter(({ facts }) => {
      const view = factsOf(facts, options.fields);
      return added.every((term) => interpret(term, view, catalogue));
    });
    return { ...item, after: weightOf(left) };
  });
  return {
    ...{ rules, unknown, patch },
    before: rules.reduce((sum, rule) => sum + rule.detections, 0),
    after: rules.reduce((sum, rule) => sum + rule.after, 0),
    diagnostics: diagnostics.filter((d) => d.span.file === PATCH_NAME),
  };
}

const judgedByName = ({ rules, correlations = [] }: RuleSet): ReadonlyMap<string, Judged> =>
  new Map([...rules, ...correlations].map((judged) => [judged.name, judged]));

function itemOf(judged: Judged, observations: readonly Observation[], options: TuneOptions): PatchItem {
  const usable = (field: string): boolean => {
    const spec = options.fields.get(field);
    return spec !== undefined && !spec.list && !VOLATILE.test(field);
  };
  const suggestions: readonly Suggestion[] = suggest(observations, {
    ...{ min: options.min ?? MIN, narrow: options.narrow ?? false, usable },
    exceptions: judged.exceptions.map(({ name, fields }) => ({ name, fields })),
  });
  return {
    ...{ kind: 'kind' in judged ? judged.kind : 'rule', name: judged.name },
    ...{ detections: weightOf(observations), suggestions },
  };
}

/** Different for each event or process: never what noise has in common. */
const VOLATILE =
  /^(?:evt\.(?!type$|res$|arg)|thread\.|proc\.(?:v?pid|ppid|pvpid|apid|sid|vpgid|duration|ppid)|.*\.(?:ts|duration)|fd\.(?:num|ino|lport|cport|lip|cip)|container\.(?:id|full_id|start_ts))/;

/** The parts of a condition that were not there before. */
function addedTerms(before: Judged | undefined, after: Judged | undefined): readonly Expression[] {
  const [old, changed] = [conditionOf(before), conditionOf(after)];
  if (old === undefined || changed === undefined) return [];
  const known = new Set(termsOf(old).map((term) => printCondition(term)));
  return termsOf(changed).filter((term) => !known.has(printCondition(term)));
}

/** The condition of the event that the detection tells of: of a sequence that of its last step. */
function conditionOf(judged: Judged | undefined): Expression | undefined {
  if (judged === undefined) return undefined;
  if (!('kind' in judged)) return judged.condition;
  return judged.kind === 'threshold' ? judged.trigger.condition : judged.steps.at(-1)?.condition;
}

const termsOf = (node: Expression): readonly Expression[] => (node.kind === 'and' ? node.terms : [node]);

function factsOf(facts: ReadonlyMap<string, string>, fields: TuneOptions['fields']): FactView {
  const view: Record<string, string | number | boolean> = {};
  for (const [field, text] of facts) {
    const type = fields.get(field)?.type;
    view[field] =
      type === 'int' || type === 'uint' || type === 'port'
        ? Number(text)
        : type === 'bool'
          ? text === 'true'
          : text;
  }
  return view;
}
