/** For tests and benchmarks of interest: the kernel side as a model. */
export { InterestTrial, type TrialResult } from './interest-trial.js';
export { kernelSends } from './kernel-model.js';
