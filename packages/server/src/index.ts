/**
 * Server: the control plane. What people ask of it (`api`), who they are and what they may (`people`), what is kept
 * (`state`), and what is put on record of all that is changed (`changes`).
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
export { type Changes, EvidenceChanges, type RecordedChange } from './changes/index.js';
export { type Fault, ServerError, type ServerErrorCode } from './error.js';
export { firstAdmin, type Grant, People, type Person, Sessions, Tokens } from './people/index.js';
export { type Database, openState } from './state/index.js';
