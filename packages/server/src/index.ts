/**
 * Server: the control plane. What people ask of it (`api`), who they are and what they may (`people`), what is kept
 * (`state`), and what is put on record of all that is changed (`changes`). Where agents enrol, hand over what they found and
 * are told what to do (`link`), and what keeps that (`telemetry`).
 *
 * @packageDocumentation
 */

export {
  type ApiOptions,
  type Caller,
  changeOperations,
  makeApi,
  type Operation,
  peopleOperations,
  sessionOperations,
  tokenOperations,
} from './api/index.js';
export {
  type MeasuredNode,
  makeReference,
  type Reference,
  type ReferenceEntry,
  type Trust,
  type TrustNews,
} from './attestation/index.js';
export { type Manifest, type RestoreOrder, restore } from './backup/index.js';
export { type Changes, EvidenceChanges, type RecordedChange } from './changes/index.js';
export { type ControlPlane, type ControlPlaneSettings, startControlPlane } from './control-plane.js';
export { type Fault, ServerError, type ServerErrorCode } from './error.js';
export type { Node } from './link/book.js';
export type { Sighting } from './link/fleet.js';
export { clusterMap, recordedFlows } from './network/index.js';
export { firstAdmin, type Grant, People, type Person, Sessions, Tokens } from './people/index.js';
export { type Link, type LinkSettings, socketOfServer, startLink } from './server.js';
export {
  type ProviderFile,
  readProvider,
  type ServerSettingsDiagnosticCode,
} from './settings/read-provider.js';
export { type Database, openState } from './state/index.js';
export {
  COUNT_BY,
  type Count,
  type CountBy,
  type CountQuery,
  type Page,
  type StoredRecord,
  type Telemetry,
  type TelemetryFilter,
} from './telemetry/telemetry.js';
