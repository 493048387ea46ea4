export { type Explanation, explainAction, type Outcome, outcomeOf } from './explain.js';
export type { NearMiss } from './near-miss.js';
