import { didYouMean, plainSpan } from '@runward/core';
import type { YamlScalar } from '@runward/yaml';
import { SourceText } from '@runward/yaml';
import type { FieldTable } from './check/field-lookup.js';
import { operandOf } from './check/operand-text.js';
import type { CorrelationItem, StepItem, TriggerItem } from './collect/correlation-items.js';
import { conditionWithExceptions } from './collect/exceptions.js';
import type { ExceptionItem } from './collect/items.js';
import type { Correlation, Grouping, SequenceStep, Trigger } from './correlation.js';
import type { RuleCode } from './diagnostics/codes.js';
import type { Reporter } from './diagnostics/reporter.js';
import { printCondition } from './explain/print.js';
import { CORRELATION_FACTS, parseCorrelationTemplate } from './output/correlation-template.js';
import { possibleEventTypes } from './plan/event-types.js';
import type { Expression, Operand } from './resolve/expression.js';
import { fieldGrouping, joinGroupings, SCOPES, scopeGrouping } from './resolve/grouping.js';
import type { Resolver } from './resolve/resolver.js';
import { type Rule, toException } from './rule-set.js';

/** Resolves and checks sequences and thresholds once the rules they may name are known. */
export class CorrelationLoader {
  readonly #rules: ReadonlyMap<string, Rule>;

  constructor(
    readonly resolver: Resolver,
    readonly table: FieldTable,
    readonly reporter: Reporter,
    rules: readonly Rule[],
    /** Of rules, those with errors included; `flow`: those about flows. */
    readonly names: { readonly all: ReadonlySet<string>; readonly flow: ReadonlySet<string> },
  ) {
    this.#rules = new Map(rules.map((rule) => [rule.name, rule]));
  }

  load(items: Iterable<CorrelationItem>): readonly Correlation[] {
    return [...items].map((item) => new ItemLoader(this, item).load()).filter((c) => c !== undefined);
  }

  rule(name: string): Rule | undefined {
    return this.#rules.get(name);
  }
}

/** From how many event types on a condition is warned about. */
const MANY_EVENT_TYPES = 100;

const STEP_NAME = /^[a-z][a-z0-9_]*$/;

class ItemLoader {
  readonly #label: string;

  constructor(
    readonly loader: CorrelationLoader,
    readonly item: CorrelationItem,
  ) {
    this.#label = `${item.kind} "${item.name}"`;
  }

  load(): Correlation | undefined {
    const { item, loader } = this;
    if (loader.names.all.has(item.name)) {
      const message = `a rule is called \`${item.name}\` too`;
      this.#report(
        'RULE_NAME_TAKEN',
        message,
        'detections tell them apart by name: choose another',
        item.span,
      );
    }
    const grouping = this.#grouping();
    const base = {
      ...{ name: item.name, description: item.description, priority: item.priority, tags: item.tags },
      ...{
        source: 'syscall',
        enabled: item.enabled,
        output: item.output.text.trim(),
        withinNs: item.withinNs,
      },
      ...{ exceptions: item.exceptions.map((e) => toException(e, [])), span: plainSpan(item.span) },
    };
    if (item.kind === 'sequence') {
      const names = this.#stepNames(item.steps);
      const steps = item.steps.map((step, i) => this.#step(step, names[i] ?? ''));
      const template = this.#template(names);
      const known = steps.filter((step) => step !== undefined);
      if (grouping === undefined || known.length < steps.length) return undefined;
      return sealed({ kind: 'sequence', ...base, grouping, template, steps: known, fingerprint: '' });
    }
    const trigger = this.#trigger(item.trigger, item.exceptions);
    const distinct = item.distinct && this.#operand(item.distinct);
    const template = this.#template([]);
    if (grouping?.tree === true) {
      const help = 'count by process or container, or by `[container.id, proc.sid]` for a session';
      this.#report(
        'RULE_GROUPING',
        '`by: tree` is for sequences: a count has no first process',
        help,
        item.span,
      );
    }
    if (grouping === undefined || trigger === undefined) return undefined;
    const { atLeast } = item;
    return sealed({
      kind: 'threshold',
      ...base,
      grouping,
      template,
      trigger,
      distinct,
      atLeast,
      fingerprint: '',
    });
  }

  #report(code: RuleCode, message: string, help: string, span: CorrelationItem['span']): undefined {
    this.loader.reporter.report(code, message, help, span, this.#label);
    return undefined;
  }

  #stepNames(steps: readonly StepItem[]): readonly string[] {
    const classes = new Set([...this.loader.table.keys()].map((field) => field.split('.')[0] ?? ''));
    const seen = new Set<string>();
    return steps.map(({ name, span }, i) => {
      if (name === undefined) return `step${i + 1}`;
      const fail = (message: string, help: string): undefined =>
        this.#report('RULE_SEQUENCE', message, help, name.span);
      if (!STEP_NAME.test(name.text)) {
        fail(`\`${name.text}\` cannot be used as the name of a step`, 'lower case letters, digits and `_`');
      } else if (classes.has(name.text) || CORRELATION_FACTS.some((fact) => fact === name.text)) {
        fail(
          `\`${name.text}\` means something else in an output`,
          'choose a name that is no class of fields',
        );
      } else if (seen.has(name.text)) {
        this.#report(
          'RULE_SEQUENCE',
          `two steps are called \`${name.text}\``,
          'give each its own name',
          span,
        );
      }
      seen.add(name.text);
      return name.text;
    });
  }

  #step(step: StepItem, name: string): SequenceStep | undefined {
    const trigger = this.#trigger(step, this.item.exceptions);
    const without = step.without.map((item) => this.#trigger(item, []));
    const known = without.filter((t) => t !== undefined);
    return trigger && known.length === without.length ? { ...trigger, name, without: known } : undefined;
  }

  #trigger(item: TriggerItem, exceptions: readonly ExceptionItem[]): Trigger | undefined {
    const condition =
      item.rule === undefined ? this.#condition(item, exceptions) : this.#ofRule(item.rule, exceptions);
    const same = item.same && this.#operand(item.same);
    if (condition === undefined || (item.same !== undefined && same === undefined)) return undefined;
    const [eventTypes = []] = possibleEventTypes([condition]);
    if (eventTypes.length > MANY_EVENT_TYPES) {
      const message = `the condition matches ${eventTypes.length} event types`;
      const help = 'add an `evt.type` check: the condition is evaluated for nearly every event';
      this.#report('RULE_NO_EVENT_TYPE', message, help, item.span);
    }
    return { condition, eventTypes, same };
  }

  #condition({ condition }: TriggerItem, exceptions: readonly ExceptionItem[]): Expression | undefined {
    const source = condition ?? SourceText.plain('', '');
    return this.#resolve(conditionWithExceptions({ condition: source, exceptions }));
  }

  /** The condition of a rule, its own exceptions included. It need not be enabled. */
  #ofRule(name: YamlScalar, exceptions: readonly ExceptionItem[]): Expression | undefined {
    const { loader } = this;
    const rule = loader.rule(name.text);
    if (rule === undefined) {
      if (loader.names.flow.has(name.text)) {
        const message = `\`${name.text}\` is a rule about flows`;
        const help = 'sequences and thresholds are about events: name a rule without `source: flow`';
        return this.#report('RULE_STEP_RULE', message, help, name.span);
      }
      // A rule with errors has said so itself.
      if (loader.names.all.has(name.text)) return undefined;
      const help = didYouMean(
        name.text,
        loader.names.all,
        'the rule must be loaded, in this file or another',
      );
      return this.#report('RULE_STEP_RULE', `no rule \`${name.text}\` is loaded`, help, name.span);
    }
    if (exceptions.every((exception) => exception.values.length === 0)) return rule.condition;
    const always = SourceText.plain('evt.num > 0', '');
    const excepted = this.#resolve(conditionWithExceptions({ condition: always, exceptions }));
    return excepted && loader.resolver.factory.and([rule.condition, excepted]);
  }

  #resolve(source: SourceText): Expression | undefined {
    const resolution = this.loader.resolver.condition(source, this.#label);
    for (const { code, message, help, span, item } of resolution?.problems ?? []) {
      this.loader.reporter.report(code, message, help, span, item);
    }
    return resolution?.problems.size === 0 ? resolution.expression : undefined;
  }

  #operand(scalar: YamlScalar): Operand | undefined {
    return operandOf(scalar.text, this.loader.table, ({ code, message, help }) => {
      this.#report(code, message, help, scalar.span);
    });
  }

  /** Words and fields may stand side by side; what they ask for adds up. */
  #grouping(): Grouping | undefined {
    const parts = this.item.by.map((scalar) =>
      scalar.text.includes('.') ? this.#field(scalar) : this.#scope(scalar),
    );
    const known = parts.filter((part) => part !== undefined);
    const tree = this.item.by.find((scalar) => scalar.text === 'tree');
    if (tree !== undefined && this.item.by.length > 1) {
      const help = 'a tree is followed from its first process: nothing else can be asked of it';
      return this.#report('RULE_GROUPING', '`tree` must stand alone', help, tree.span);
    }
    return known.length === 0 || known.length < parts.length ? undefined : joinGroupings(known);
  }

  #field(scalar: YamlScalar): Grouping | undefined {
    const operand = this.#operand(scalar);
    return operand && fieldGrouping(operand);
  }

  #scope({ text, span }: YamlScalar): Grouping | undefined {
    const grouping = scopeGrouping(text, (field) => operandOf(field, this.loader.table, () => undefined));
    const words = Object.keys(SCOPES);
    const help = didYouMean(text, words, `one of ${words.join(', ')}, or fields`);
    return grouping ?? this.#report('RULE_GROUPING', `events cannot be grouped by \`${text}\``, help, span);
  }

  #template(steps: readonly string[]): Correlation['template'] {
    const { output } = this.item;
    const indent = output.text.length - output.text.trimStart().length;
    return parseCorrelationTemplate(
      output.text.trim(),
      steps,
      this.loader.table,
      ({ code, start, end, message, help }) => {
        this.#report(code, message, help, output.span(start + indent, end + indent));
      },
    );
  }
}

/** The correlation with its fingerprint: all that decides what it remembers, and nothing of what it only says. */
function sealed(correlation: Correlation): Correlation {
  const trigger = ({ condition, same }: Trigger): unknown => [printCondition(condition), same?.key];
  const { kind, grouping, withinNs, template } = correlation;
  const wanted = template.parts.flatMap((p) =>
    typeof p !== 'string' && p.kind === 'field' ? [`${p.step} ${p.operand.key}`] : [],
  );
  const parts = grouping.parts.map((p) => [p.operands.map((o) => o.key), p.optional]);
  const own =
    correlation.kind === 'sequence'
      ? correlation.steps.map((step) => [trigger(step), step.without.map(trigger)])
      : [trigger(correlation.trigger), correlation.distinct?.key, correlation.atLeast];
  const fingerprint = JSON.stringify([kind, parts, grouping.tree, withinNs, wanted, own]);
  return Object.freeze({ ...correlation, fingerprint });
}
