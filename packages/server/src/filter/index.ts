export type { Check, Condition } from './condition.js';
export { FILTER_FIELDS, type FilterField, type Label } from './fields.js';
export { isOfLabels, onLabels } from './labels.js';
export { inBody, matches, type Reading } from './matches.js';
export { LONGEST_FILTER, readFilter } from './read-filter.js';
