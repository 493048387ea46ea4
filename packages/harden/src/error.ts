import { RunwardError } from '@runward/core';

/** Documented in docs/errors/harden.md. */
export type HardenErrorCode =
  | 'HARDEN_ROOT_MISSING'
  | 'HARDEN_CHECK_UNKNOWN'
  | 'HARDEN_RECORD_DAMAGED'
  | 'HARDEN_RECORD_UNWRITABLE'
  | 'HARDEN_NOTHING_APPLIED';

/** A host cannot be looked at, or not be changed. */
export class HardenError extends RunwardError<HardenErrorCode> {
  override readonly name = 'HardenError';
}
