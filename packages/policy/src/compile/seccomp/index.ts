export type { SeccompArgument, SeccompFilter, SeccompRule } from './filter.js';
export { exportSeccomp, seccompFilter } from './seccomp.js';
