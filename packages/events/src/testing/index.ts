/**
 * Events, processes and containers as plain data, and records as the kernel lays them out, for the tests of
 * every room.
 *
 * @packageDocumentation
 */
export { fieldValue } from './field.js';
export * from './model.js';
export {
  cgroupRecord,
  type ExecFacts,
  execRecord,
  exitRecord,
  type FdFacts,
  type ForkFacts,
  fdRecord,
  forkRecord,
  type HeaderFacts,
  type OpenFacts,
  openRecord,
  type PathFacts,
  pathRecord,
  type SysFacts,
  sysRecord,
} from './record.js';
export { type TestEvent, testView } from './view.js';
