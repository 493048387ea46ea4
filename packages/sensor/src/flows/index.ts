/**
 * The kernel's side of flows: the programs that count who talks to whom, and what they counted. Apart from the sensor: it
 * is loaded when the sensor runs already.
 *
 * @packageDocumentation
 */

export { findContainerHierarchy, hierarchyOf } from '../cgroup-hierarchy.js';
export { groupMembers, listCgroups } from '../cgroup-paths.js';
export { namespaceId } from '../proc-reader.js';
export { type FlowAnswer, FlowProbe, type FlowProbeOptions } from './flow-probe.js';
