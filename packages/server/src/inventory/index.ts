/** What runs on the nodes, and how policies cover it. */
export { type RunningContainer, runningContainers } from './running-containers.js';
export { COVERAGE_MODES, type Workload, workloadsOf } from './workloads.js';
