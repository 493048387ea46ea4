import type { SourceSpan } from '@runward/core';
import type { Priority } from './collect/items.js';
import type { CorrelationTemplate } from './output/correlation-template.js';
import type { Expression, Operand } from './resolve/expression.js';
import type { Rule, RuleException, RuleSet } from './rule-set.js';

/** What events must have in common to belong together. */
export interface Grouping {
  /** As written: `container`, or the fields. */
  readonly text: string;
  /**
   * The first operand of each part that has a value is used. A part without any value leaves the event out,
   * unless it is optional.
   */
  readonly parts: readonly { readonly operands: readonly Operand[]; readonly optional: boolean }[];
  /** Later steps may also come from descendants of the process of the first step. */
  readonly tree: boolean;
  /** The group belongs to one container and goes with it. */
  readonly ofContainer: boolean;
}

interface CorrelationBase {
  readonly name: string;
  readonly description: string;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly source: string;
  readonly enabled: boolean;
  /** The output as written, without surrounding blanks. */
  readonly output: string;
  readonly template: CorrelationTemplate;
  readonly grouping: Grouping;
  readonly withinNs: number;
  readonly exceptions: readonly RuleException[];
  readonly span: SourceSpan;
  /** Equal for two loads that judge alike: what was seen so far may be kept across a reload. */
  readonly fingerprint: string;
}

/** A condition that a sequence or threshold waits for. */
export interface Trigger {
  readonly condition: Expression;
  /** Names of the event types under which the condition can be true. */
  readonly eventTypes: readonly string[];
  /** Must have the same value in every step. */
  readonly same: Operand | undefined;
}

export interface SequenceStep extends Trigger {
  readonly name: string;
  /** What must not happen between the step before and this one. */
  readonly without: readonly Trigger[];
}

/** A then B then C by the same container, process, …, within a time. */
export interface Sequence extends CorrelationBase {
  readonly kind: 'sequence';
  /** Two or more. */
  readonly steps: readonly SequenceStep[];
}

/** So many events, or distinct values of a field, by the same container, process, …, within a time. */
export interface Threshold extends CorrelationBase {
  readonly kind: 'threshold';
  readonly trigger: Trigger;
  /** Count the different values of this instead of the events. */
  readonly distinct: Operand | undefined;
  readonly atLeast: number;
}

export type Correlation = Sequence | Threshold;

/** What a condition of a correlation is for. `step` counts from 0; a `without` belongs to the step it comes before. */
export interface TriggerUse {
  readonly correlation: Correlation;
  readonly role: 'step' | 'without' | 'event';
  readonly step: number;
  readonly trigger: Trigger;
}

/**
 * All conditions of enabled sequences and thresholds. Of a sequence the last step comes first and a `without`
 * right behind the step it comes before: whoever goes through them in this order for one event never takes the
 * event for two steps.
 */
export function triggersOf(ruleSet: RuleSet): readonly TriggerUse[] {
  return (ruleSet.correlations ?? [])
    .filter((correlation) => correlation.enabled)
    .flatMap((correlation): readonly TriggerUse[] => {
      if (correlation.kind === 'threshold') {
        return [{ correlation, role: 'event', step: 0, trigger: correlation.trigger }];
      }
      return correlation.steps
        .flatMap((trigger, step): readonly TriggerUse[] => [
          ...trigger.without
            .map((t): TriggerUse => ({ correlation, role: 'without', step, trigger: t }))
            .reverse(),
          { correlation, role: 'step', step, trigger },
        ])
        .reverse();
    });
}

/** A trigger as a rule: what plans and compiles rules does the same for it. */
export function triggerRule({ correlation, role, step, trigger }: TriggerUse): Rule {
  const { name, description, priority, tags, source, output, span } = correlation;
  const needed = [
    ...correlation.grouping.parts.flatMap((part) => part.operands),
    ...(trigger.same === undefined ? [] : [trigger.same]),
    ...(correlation.kind === 'threshold' && correlation.distinct !== undefined ? [correlation.distinct] : []),
    ...(role === 'without' ? [] : wantedOf(correlation, step)),
  ];
  const label = correlation.kind === 'sequence' ? ` › ${correlation.steps[step]?.name ?? step}` : '';
  return {
    ...{ name: `${name}${label}`, description, priority, tags, source, output, span, enabled: true },
    template: { parts: needed.map((operand) => ({ name: operand.key, operand, width: 0 })) },
    condition: trigger.condition,
    eventTypes: trigger.eventTypes,
    ...{ exceptions: [], capture: false, captureDurationMs: undefined },
  };
}

/** What the output shows of the event of a step. */
export function wantedOf({ template }: Correlation, step: number): readonly Operand[] {
  return template.parts.flatMap((part) =>
    typeof part !== 'string' && part.kind === 'field' && part.step === step ? [part.operand] : [],
  );
}

/**
 * The rule set with each condition of a sequence or threshold as a rule of its own: what must be observed for
 * the set to work.
 */
export const judgedRules = (ruleSet: RuleSet): RuleSet => ({
  rules: [...ruleSet.rules, ...triggersOf(ruleSet).map(triggerRule)],
});
