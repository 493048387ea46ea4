export { containerEnd, externalEnd, testFlow } from './flow.js';
export { type LoadOutcome, measureLoads, outcomeTables } from './load-tables.js';
export { MODELLED_LOADS, type ModelledLoad } from './loads.js';
export { seeded } from './seeded.js';
