export { containerEnd, externalEnd, testFlow } from './flow.js';
export { seeded } from './seeded.js';
