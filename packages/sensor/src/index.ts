/**
 * Sensor: loads and attaches the kernel programs, reads their ring, and lets the tracker work
 * out who acted, so that every event leaves here with who did it. It observes; what enforces is another room.
 *
 * @packageDocumentation
 */

export { type ContainerHierarchy, findContainerHierarchy } from './cgroup-hierarchy.js';
export { groupMembers } from './cgroup-paths.js';
export { containerGroups, type Group, groupId, groupOfProcess } from './container-groups.js';
export { type CallInterest, EVERY_OUTCOME, RECEIVES_ANSWERS, type Scope } from './dispatch-table.js';
export { SensorError, type SensorErrorCode } from './error.js';
export { Kernel, type KernelOptions, type ProgramState } from './kernel.js';
export { type KernelSurvey, surveyKernel } from './kernel-survey.js';
export type { LearningPrograms, Learnt } from './learning-programs.js';
export { type Narrowing, type Program, slotOf, TYPE_WORDS } from './narrowed-table.js';
export {
  ALL_OPENS,
  compileOpenInterest,
  type InterestClause,
  type InterestLiteral,
  isKernelTestable,
  type OpenAsk,
  type OpenClause,
  type OpenInterest,
} from './open-interest.js';
export { listPids, namespaceId } from './proc-reader.js';
export { hasKernelBtf, PROGRAMS } from './programs.js';
export { type RecordHandler, RingReader } from './ring.js';
export { Sensor, type SensorOptions, type SensorStats } from './sensor.js';
