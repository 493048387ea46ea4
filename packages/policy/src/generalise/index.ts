export { type Generalised, type GeneraliseOptions, generalise } from './generalise.js';
export type { GeneralisedLine, Observed, Reason } from './planned-line.js';
export { isSensitive } from './sensitive.js';
