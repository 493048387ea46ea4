/** Versions on their way to nodes: in stages, on by themselves where all goes well, and back where it does not. */
export { Conductor } from './conductor.js';
export { type HeldVersion, RolloutDesk } from './desk.js';
export { targetsOf } from './observe.js';
export { type Plan, planSchema } from './plan.js';
export { isReached, type Rollout, type TargetNode } from './rollout.js';
export { Rollouts } from './rollouts.js';
