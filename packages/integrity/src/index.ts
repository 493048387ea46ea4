/**
 * Integrity: files that matter, on the host and in containers. `settings` says which, `scan` reads them, `store` keeps what they
 * were, `check` says what became of them. Who changed one is told by whoever watches.
 *
 * @packageDocumentation
 */
export { type ChangeKind, changeOf, type FileChange, signatureOf } from './check/change.js';
export { lineDiff } from './check/line-diff.js';
export { ScopeCheck, type ScopeOptions } from './check/scope-check.js';
export { IntegrityError, type IntegrityErrorCode } from './error.js';
export type { FileState } from './scan/file-state.js';
export { fixedBegin } from './scan/tree.js';
export { SECRET_PATHS } from './secrets.js';
export {
  type IntegrityDiagnosticCode,
  type ReadIntegritySettings,
  readSettings,
} from './settings/read-settings.js';
export type { IntegritySettings, Watch } from './settings/settings.js';
export { type Baseline, BaselineStore, type Scope } from './store/baseline-store.js';
