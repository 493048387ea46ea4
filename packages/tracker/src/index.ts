/**
 * Tracker: who acted. The process table, the container table, and events held until their container is known.
 * Pure: what it must know of the machine it asks of one interface, which a recording can answer as well.
 *
 * @packageDocumentation
 */
export {
  type AccountData,
  AccountTable,
  accountNames,
  type ContainerSlot,
  ContainerTable,
  type Identity,
  type IdentityRequest,
} from './container-table.js';
export type { Journal } from './journal.js';
export {
  type DnsAnswer,
  type DnsQuestion,
  type NamedAddress,
  readDnsAnswer,
  readDnsQuestion,
} from './names/dns-answer.js';
export { type HostsEntry, NameTable } from './names/name-table.js';
export type { PendingEvent } from './pending.js';
export { EMPTY_IMAGE, ProcessEntry, type ProcessImage } from './process-entry.js';
export { splitStrings } from './process-image.js';
export { ProcessTable } from './process-table.js';
export type { ProcessSource, Surroundings } from './surroundings.js';
export {
  type RecordPlace,
  Tracker,
  type TrackerOptions,
  type TrackerState,
  type TrackerStats,
} from './tracker.js';
export { canBeContainer } from './unidentified.js';
