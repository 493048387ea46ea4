/** What responds in the sensor's thread: without waiting, and with little to load. */

export { ContainerGroups } from './container/container-groups.js';
export { cgroupTrees } from './container/trees.js';
export { killNow } from './effects/kill-now.js';
export { RespondError } from './error.js';
