import { RunwardError } from '@runward/core';

/** Documented in docs/errors/attest.md. */
export type AttestErrorCode =
  | 'ATTEST_GONE'
  | 'ATTEST_UNREADABLE'
  | 'ATTEST_NO_CONTAINER'
  | 'ATTEST_SEVERAL'
  | 'ATTEST_APPROVAL_DAMAGED';

/** A configuration cannot be read, or not be compared. */
export class AttestError extends RunwardError<AttestErrorCode> {
  override readonly name = 'AttestError';
}
