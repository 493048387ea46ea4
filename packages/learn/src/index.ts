/**
 * Learn: what a workload does, gathered from its events into a profile, live or from a recording. Pure: no I/O, no
 * clock; bounded memory; nothing is allocated for what is known already.
 *
 * @packageDocumentation
 */
export { LEARNT_CALLS } from './actions/index.js';
export { STARTUP_MS } from './builder/coverage.js';
export { LIMITS } from './builder/limits.js';
export { ProfileBuilder } from './builder/profile-builder.js';
export { type Counted, type LearnKey, type LearnTarget, Observer, type ObserverOptions } from './observer.js';
