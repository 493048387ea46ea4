import { didYouMean, plainSpan } from '@runward/core';
import { flowCatalogue } from '@runward/events';
import { readYaml, type SourceFile } from '@runward/yaml';
import type { FieldTable } from './check/field-lookup.js';
import type { Problem } from './check/problem.js';
import { Collector } from './collect/collector.js';
import { conditionWithExceptions, exceptionEntries } from './collect/exceptions.js';
import type { ExceptionItem, RuleItem } from './collect/items.js';
import type { RuleDiagnostic } from './diagnostics/codes.js';
import { Reporter } from './diagnostics/reporter.js';
import { CorrelationLoader } from './load-correlations.js';
import { isOperand, parseTemplate, type Template } from './output/template.js';
import { possibleEventTypes } from './plan/event-types.js';
import { withAskedNames } from './resolve/asked-names.js';
import type { Expression } from './resolve/expression.js';
import { type Resolution, Resolver } from './resolve/resolver.js';
import { type Rule, type RuleExceptionEntry, type RuleSet, toException } from './rule-set.js';

/** What tests and lists know flows by, where events have their type. */
const FLOW_TYPES: readonly string[] = ['flow'];

/** From how many event types on a rule is warned about: it costs time on nearly every event. */
const MANY_EVENT_TYPES = 100;

export interface LoadOptions {
  readonly catalogue: FieldTable;
  /** Of rules with `source: flow`; by default all that flows have. */
  readonly flows?: FieldTable;
}

export interface LoadResult {
  /** Undefined when there was an error. */
  readonly value: RuleSet | undefined;
  readonly diagnostics: readonly RuleDiagnostic[];
}

/**
 * Reads rule files in order, later ones appending to and overriding earlier ones, and checks everything.
 *
 * Never throws on what the files contain; all problems are found in one pass.
 */
export function loadRules(
  files: readonly SourceFile[],
  { catalogue, flows = flowCatalogue }: LoadOptions,
): LoadResult {
  const reporter = new Reporter();
  const collector = new Collector(reporter, new Set(['syscall', 'flow']));
  for (const file of files)
    for (const document of readYaml(file, reporter.yaml)) collector.document(document);
  const resolver = new Resolver(collector, catalogue, reporter);
  const loader = new RuleLoader(resolver, catalogue, reporter);
  const of = (source: string): RuleItem[] =>
    [...collector.rules.values()].filter((rule) => rule.source === source);
  const rules = loader.load(of('syscall'));
  const ofFlows = of('flow');
  // Macros mean the same over other fields; what is wrong with one as such is told once.
  const flowResolver =
    ofFlows.length === 0 ? undefined : new Resolver(collector, flows, new RuleReporter(reporter));
  const flowRules =
    flowResolver === undefined ? [] : new RuleLoader(flowResolver, flows, reporter).loadFlows(ofFlows);
  const names = new Set(collector.rules.keys());
  const correlations = new CorrelationLoader(resolver, catalogue, reporter, rules, {
    all: names,
    flow: new Set(ofFlows.map(({ name }) => name)),
  }).load(collector.correlations.values());
  reportUnused(collector, [resolver, ...(flowResolver === undefined ? [] : [flowResolver])], reporter);
  const value: RuleSet = { rules, correlations, ...(flowRules.length === 0 ? {} : { flowRules }) };
  return { value: reporter.failed ? undefined : value, diagnostics: reporter.diagnostics };
}

const DEPRECATED_TOKENS: readonly (readonly [token: string, why: string])[] = [
  ['%container.info', "the container's id and name have fields of their own"],
  ['%evt.dir', 'it is always `<`'],
];

interface Prepared extends Resolution {
  readonly item: RuleItem;
  readonly template: Template;
}

class RuleLoader {
  readonly #reported = new Set<Problem>();

  constructor(
    readonly resolver: Resolver,
    readonly table: FieldTable,
    readonly reporter: Reporter,
  ) {}

  load(items: readonly RuleItem[]): readonly Rule[] {
    const prepared = items.map((item) => this.#prepare(item)).filter((p) => p !== undefined);
    const eventTypes = possibleEventTypes(prepared.map((p) => p.expression));
    return prepared.map((p, i) => this.#finish(p, eventTypes[i] ?? []));
  }

  /** Flows have no event types: every rule about them is judged at every one. */
  loadFlows(items: readonly RuleItem[]): readonly Rule[] {
    const prepared = items.map((item) => this.#prepare(item)).filter((p) => p !== undefined);
    return prepared.map((p) => this.#finish(p, FLOW_TYPES));
  }

  #prepare(item: RuleItem): Prepared | undefined {
    const label = `rule "${item.name}"`;
    const problems = new Set<Problem>();
    const { output } = item;
    const template = parseTemplate(output.text.trim(), this.table, ({ start, end, ...problem }) => {
      const indent = output.text.length - output.text.trimStart().length;
      const span = output.span(start + indent, end + indent);
      problems.add({ ...problem, span, item: label });
    });
    this.#outputDeprecations(item, label);
    if (!item.skipIfUnknownFilter) this.#exceptionFields(item, label);
    const resolution = this.resolver.condition(conditionWithExceptions(item), label);
    for (const problem of resolution?.problems ?? []) problems.add(problem);
    if (this.#skip(item, label, problems)) return undefined;
    for (const problem of problems) this.#report(problem);
    if (resolution === undefined) return undefined;
    const expression = withAskedNames(resolution.expression, this.resolver);
    return { problems: resolution.problems, expression, item, template };
  }

  /** Outputs of older rule files name things that are on their way out; each is said once per rule. */
  #outputDeprecations({ output }: RuleItem, label: string): void {
    for (const [token, why] of DEPRECATED_TOKENS) {
      const at = output.text.indexOf(token);
      if (at === -1) continue;
      const span = output.span(at, at + token.length);
      this.reporter.report('RULE_DEPRECATED', `\`${token}\` is deprecated: ${why}`, 'remove it', span, label);
    }
  }

  /** Fields of exceptions must exist even where no value makes them part of the condition. */
  #exceptionFields(item: RuleItem, label: string): void {
    item.exceptions = item.exceptions.filter(({ name, fields, span }) => {
      const wrong = (typeof fields === 'string' ? [fields] : (fields ?? [])).find(
        (field) => !isOperand(field, this.table),
      );
      if (wrong === undefined) return true;
      const message = `exception \`${name}\` names \`${wrong}\`, which is no field`;
      this.reporter.report('RULE_EXCEPTION', message, didYouMean(wrong, this.table.keys()), span, label);
      return false;
    });
  }

  /** `skip-if-unknown-filter`: a rule about fields unknown here is left out with a warning. */
  #skip(item: RuleItem, label: string, problems: ReadonlySet<Problem>): boolean {
    if (!item.skipIfUnknownFilter) return false;
    const unknown = [...problems].find((problem) => problem.unknownName);
    if (unknown === undefined) return false;
    const message = `the rule is skipped: ${unknown.message}`;
    this.reporter.report('RULE_SKIPPED', message, unknown.help, unknown.span, label);
    return true;
  }

  #report(problem: Problem): void {
    if (this.#reported.has(problem)) return;
    this.#reported.add(problem);
    this.reporter.report(problem.code, problem.message, problem.help, problem.span, problem.item);
  }

  #finish({ item, expression, template, problems }: Prepared, eventTypes: readonly string[]): Rule {
    // A condition that is false whatever the event has another reason: an empty list, or a problem already told.
    const never = eventTypes.length === 0 && expression.kind !== 'constant' && problems.size === 0;
    if (item.warnEventTypes && (never || eventTypes.length > MANY_EVENT_TYPES)) {
      const [message, help] = never
        ? ['the condition matches no event type', 'its checks of `evt.type` contradict each other']
        : [
            `the condition matches ${eventTypes.length} event types`,
            'add an `evt.type` check: the rule is evaluated for nearly every event',
          ];
      this.reporter.report('RULE_NO_EVENT_TYPE', message, help, item.span, `rule "${item.name}"`);
    }
    const { name, description, priority, tags, source, enabled, capture, captureDurationMs } = item;
    return Object.freeze({
      ...{ name, description, priority, tags, source, enabled, capture, captureDurationMs },
      ...{ output: item.output.text.trim(), template, condition: expression, eventTypes },
      span: plainSpan(item.span),
      exceptions: item.exceptions.map((e) => toException(e, problems.size > 0 ? [] : this.#entries(e))),
      ...this.#withoutExceptions(item, expression),
    });
  }

  #entries(exception: ExceptionItem): readonly RuleExceptionEntry[] {
    return exceptionEntries(exception).flatMap((source) => {
      const condition = this.resolver.condition(source, '')?.expression;
      return condition === undefined ? [] : [{ text: source.text, condition }];
    });
  }

  /** Read once more on its own: only rules whose exceptions have values pay for it. */
  #withoutExceptions(item: RuleItem, whole: Expression): Pick<Rule, 'withoutExceptions'> {
    if (item.exceptions.every((exception) => exception.values.length === 0)) return {};
    const resolution = this.resolver.condition(item.condition, '');
    if (resolution === undefined || resolution.expression === whole) return {};
    return { withoutExceptions: resolution.expression };
  }
}

/** Hands on what is about rules, and leaves out what the first reading of the macros has told. */
class RuleReporter extends Reporter {
  constructor(readonly to: Reporter) {
    super();
  }

  override report(...[code, message, help, span, item]: Parameters<Reporter['report']>): void {
    if (!item.startsWith('macro "')) this.to.report(code, message, help, span, item);
  }
}

function reportUnused(collector: Collector, resolvers: readonly Resolver[], reporter: Reporter): void {
  for (const { name, span } of collector.macros.values()) {
    if (resolvers.some((resolver) => resolver.usedMacros.has(name))) continue;
    reporter.report(
      'RULE_MACRO_UNUSED',
      `macro \`${name}\` is never used`,
      'remove it or use it',
      span,
      `macro "${name}"`,
    );
  }
  for (const { name, span } of collector.lists.values()) {
    if (resolvers.some((resolver) => resolver.lists.used.has(name))) continue;
    reporter.report(
      'RULE_LIST_UNUSED',
      `list \`${name}\` is never used`,
      'remove it or use it',
      span,
      `list "${name}"`,
    );
  }
}
