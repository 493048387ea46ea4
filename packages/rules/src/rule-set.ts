import type { SourceSpan } from '@runward/core';
import type { ExceptionItem, Priority } from './collect/items.js';
import type { Correlation } from './correlation.js';
import type { Template } from './output/template.js';
import type { Expression, FieldOperand } from './resolve/expression.js';
import { fieldsIn, fieldsOf } from './resolve/walk.js';

export interface RuleException {
  readonly name: string;
  readonly fields: readonly string[];
  /** One per value, or row of values. */
  readonly entries: readonly RuleExceptionEntry[];
}

export interface RuleExceptionEntry {
  /** As a condition, as written: `proc.name = a and fd.name = /b`. */
  readonly text: string;
  /** Where it holds the rule does not. */
  readonly condition: Expression;
}

/** A loaded rule: everything resolved and checked, ready to compile. */
export interface Rule {
  readonly name: string;
  readonly description: string;
  readonly priority: Priority;
  readonly tags: readonly string[];
  readonly source: string;
  readonly enabled: boolean;
  /** The output as written, without surrounding blanks. */
  readonly output: string;
  readonly template: Template;
  readonly condition: Expression;
  readonly exceptions: readonly RuleException[];
  /** The condition before its exceptions were added; absent where they add nothing. */
  readonly withoutExceptions?: Expression;
  /** Names of the event types under which the condition can be true. */
  readonly eventTypes: readonly string[];
  readonly capture: boolean;
  readonly captureDurationMs: number | undefined;
  readonly span: SourceSpan;
}

export interface RuleSet {
  /** About events; in the order of their first definition, disabled ones included. */
  readonly rules: readonly Rule[];
  /** With `source: flow`, in the same order; none when absent. */
  readonly flowRules?: readonly Rule[];
  /** Sequences and thresholds, in the same order; none when absent. */
  readonly correlations?: readonly Correlation[];
}

export const toException = (
  { name, fields }: ExceptionItem,
  entries: readonly RuleExceptionEntry[],
): RuleException => ({ name, fields: typeof fields === 'string' ? [fields] : (fields ?? []), entries });

/** Rules of every source in one list: for tests and lists, which judge nothing by it. */
export const withFlowRules = ({ rules, flowRules = [], ...rest }: RuleSet): RuleSet => ({
  ...rest,
  rules: [...rules, ...flowRules],
});

/** Names of all fields that enabled rules read, in conditions and outputs; with an argument also as `name[argument]`. */
export function usedFields(ruleSet: RuleSet): ReadonlySet<string> {
  const enabled = ruleSet.rules.filter((rule) => rule.enabled);
  const names = new Set<string>();
  const add = ({ name, argument }: FieldOperand): void => {
    names.add(name);
    if (argument !== undefined) names.add(`${name}[${argument}]`);
  };
  for (const field of fieldsIn(enabled.map((rule) => rule.condition))) add(field);
  for (const { template } of enabled) {
    for (const part of template.parts) {
      if (typeof part !== 'string') for (const field of fieldsOf(part.operand)) add(field);
    }
  }
  return names;
}

/** Names of all event types that some enabled rule can match. */
export const eventTypesOf = (ruleSet: RuleSet): ReadonlySet<string> =>
  new Set(ruleSet.rules.filter((rule) => rule.enabled).flatMap((rule) => rule.eventTypes));
