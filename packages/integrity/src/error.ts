import { RunwardError } from '@runward/core';

/** Documented in docs/errors/integrity.md. */
export type IntegrityErrorCode = 'INTEGRITY_STORE' | 'INTEGRITY_NO_ROOT' | 'INTEGRITY_NO_BASELINE';

/** Files cannot be looked at, or what they were cannot be kept. */
export class IntegrityError extends RunwardError<IntegrityErrorCode> {
  override readonly name = 'IntegrityError';
}
