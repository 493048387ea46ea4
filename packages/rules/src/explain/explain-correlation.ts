import type { Correlation, Trigger } from '../correlation.js';
import { fieldsIn } from '../resolve/walk.js';
import { printCondition } from './print.js';

export interface TriggerExplanation {
  /** Name of the step; '' for a threshold and for what must not happen. */
  readonly step: string;
  /** It must not happen between the step before and the next one. */
  readonly without: boolean;
  /** The condition with macros, lists and exceptions written out. */
  readonly condition: string;
  readonly eventTypes: readonly string[];
  /** The field that must have the same value in every step. */
  readonly same: string | null;
}

export interface CorrelationExplanation {
  readonly name: string;
  readonly kind: Correlation['kind'];
  /** What the events have in common: the word or fields of the file, and the fields behind it. */
  readonly by: string;
  readonly groupedBy: readonly string[];
  readonly withinMs: number;
  readonly atLeast: number | null;
  readonly distinct: string | null;
  readonly triggers: readonly TriggerExplanation[];
  readonly fields: readonly string[];
}

export function explainCorrelation(correlation: Correlation): CorrelationExplanation {
  const { name, kind, grouping, withinNs } = correlation;
  const triggers =
    correlation.kind === 'threshold'
      ? [explainTrigger(correlation.trigger, '', false)]
      : correlation.steps.flatMap((step) => [
          ...step.without.map((trigger) => explainTrigger(trigger, '', true)),
          explainTrigger(step, step.name, false),
        ]);
  const conditions =
    correlation.kind === 'threshold'
      ? [correlation.trigger.condition]
      : correlation.steps.flatMap((step) => [step, ...step.without].map((trigger) => trigger.condition));
  return {
    ...{ name, kind, by: grouping.text, withinMs: withinNs / 1e6, triggers },
    groupedBy: grouping.parts.map(({ operands }) => operands.map((operand) => operand.key).join(' or ')),
    atLeast: correlation.kind === 'threshold' ? correlation.atLeast : null,
    distinct: (correlation.kind === 'threshold' ? correlation.distinct?.key : undefined) ?? null,
    fields: [...new Set([...fieldsIn(conditions)].map((field) => field.key))].sort(),
  };
}

const explainTrigger = (trigger: Trigger, step: string, without: boolean): TriggerExplanation => ({
  ...{ step, without, condition: printCondition(trigger.condition), eventTypes: trigger.eventTypes },
  same: trigger.same?.key ?? null,
});
