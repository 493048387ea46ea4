/** What responds in the sensor's thread: without waiting, and with little to load. */
export { killNow } from './actions/kill-now.js';
export { ContainerGroups } from './container/container-groups.js';
export { cgroupTrees } from './container/trees.js';
export { RespondError } from './error.js';
