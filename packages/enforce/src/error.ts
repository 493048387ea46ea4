import { RunwardError } from '@runward/core';

export type EnforceErrorCode =
  | 'ENFORCE_OBJECT_MISSING'
  | 'ENFORCE_LAYOUT_MISMATCH'
  | 'ENFORCE_NOT_PERMITTED'
  | 'ENFORCE_LOAD_FAILED'
  | 'ENFORCE_PIN_FAILED'
  | 'ENFORCE_IN_USE'
  | 'ENFORCE_NO_ROOM'
  | 'ENFORCE_UNKNOWN_SET'
  | 'ENFORCE_NOT_GUARDED'
  | 'ENFORCE_RING_FAILED'
  | 'ISOLATION_OTHER_VERSION';

/** Thrown where the kernel, or a limit of its tables, refuses. What was in force before stays in force. */
export class EnforceError extends RunwardError<EnforceErrorCode> {
  override readonly name = 'EnforceError';
}
