import { RunwardError } from '@runward/core';

/** Documented in docs/errors/tpm.md. */
export type TpmErrorCode = 'TPM_MALFORMED' | 'TPM_REFUSED' | 'TPM_UNAVAILABLE' | 'TPM_UNSUPPORTED';

export class TpmError extends RunwardError<TpmErrorCode> {
  override readonly name = 'TpmError';
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const malformed = (what: string, why: string): TpmError =>
  new TpmError('TPM_MALFORMED', `${what} is malformed: ${why}`, {
    help: 'whoever made it is no TPM 2.0, or it was changed on its way',
  });

export const unsupported = (what: string): TpmError =>
  new TpmError('TPM_UNSUPPORTED', `${what} is not supported`, {
    help: 'docs/node-attestation.md says which algorithms and formats are',
  });
