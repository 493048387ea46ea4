/**
 * Harden: how hard a host and its kernel are made, and what mends it. Each check is a small function over what the host says of
 * itself below a root; what is safe to change is changed with a way back.
 *
 * @packageDocumentation
 */
export { applyChanges, type ChangeOutcome, planned, SYSCTL_FILE, undoChanges } from './change/apply.js';
export { type Change, changeText } from './change/change.js';
export { ChangeRecord } from './change/record.js';
export {
  checkHost,
  HARDEN_CHECKS,
  HARDEN_WEIGHTS,
  type HardenFinding,
  type HardenReport,
} from './check-host.js';
export type { HardenCheck, Outcome } from './checks/check.js';
export { HardenError, type HardenErrorCode } from './error.js';
export { Host } from './host/host.js';
