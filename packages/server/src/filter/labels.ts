import type { Condition } from './condition.js';

const ALL: Condition = { kind: 'and', terms: [] };
const NONE: Condition = { kind: 'or', terms: [] };

/** Whether it asks of labels alone: what a store answers without reading bodies. */
export const isOfLabels = (condition: Condition): boolean =>
  condition.kind === 'check'
    ? typeof condition.field.from === 'string'
    : (condition.kind === 'not' ? [condition.term] : condition.terms).every(isOfLabels);

/** What holds of the labels of everything of which the condition holds: it leaves out what certainly does not fit. */
export const onLabels = (condition: Condition): Condition => bound(condition, ALL);

/** `unknown`: what a check of a body comes to. Under `not` the other way round, so that the whole stays on one side. */
function bound(condition: Condition, unknown: Condition): Condition {
  switch (condition.kind) {
    case 'check':
      return isOfLabels(condition) ? condition : unknown;
    case 'not':
      return { kind: 'not', term: bound(condition.term, unknown === ALL ? NONE : ALL) };
    default:
      return { kind: condition.kind, terms: condition.terms.map((term) => bound(term, unknown)) };
  }
}
