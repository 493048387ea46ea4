import { RunwardError } from '@runward/core';

/** Documented in docs/errors/server.md. */
export type ServerErrorCode =
  | 'SERVER_STATE_UNUSABLE'
  | 'SERVER_STATE_NEWER'
  | 'SERVER_INVALID'
  | 'SERVER_NOT_SIGNED_IN'
  | 'SERVER_NOT_ALLOWED'
  | 'SERVER_NOT_FOUND'
  | 'SERVER_CONFLICT'
  | 'SERVER_DOCUMENT_INVALID'
  | 'SERVER_TOO_LARGE'
  | 'SERVER_TOO_OFTEN'
  | 'SERVER_FORGED'
  | 'SERVER_PROVIDER'
  | 'SERVER_UNRECORDED'
  // Of the link to nodes, and of what they told.
  | 'SERVER_ADDRESS_UNUSABLE'
  | 'SERVER_AUTHORITY_UNUSABLE'
  | 'SERVER_BACKUP_FAILED'
  | 'SERVER_BACKUP_PASSPHRASE'
  | 'SERVER_BACKUP_UNUSABLE'
  | 'SERVER_CERTIFICATE_EXPIRED'
  | 'SERVER_CERTIFICATE_UNKNOWN'
  | 'SERVER_COMMAND_UNANSWERED'
  | 'SERVER_INTERNAL'
  | 'SERVER_NODE_AWAY'
  | 'SERVER_NODE_TAKEN'
  | 'SERVER_NODE_UNKNOWN'
  | 'SERVER_NOT_RUNNING'
  | 'SERVER_REQUEST_INVALID'
  | 'SERVER_STORE_FAILED'
  | 'SERVER_STORE_UNUSABLE'
  // Of what nodes prove of themselves.
  | 'SERVER_CHALLENGE_OVER'
  | 'SERVER_REFERENCE_INVALID'
  | 'SERVER_REFERENCE_OLDER'
  | 'SERVER_TPM_REFUSED'
  | 'SERVER_TPM_REQUIRED'
  | 'SERVER_TPM_TAKEN'
  | 'SERVER_TPM_UNBOUND'
  | 'SERVER_TOKEN_EXPIRED'
  | 'SERVER_TOKEN_OTHER_NODE'
  | 'SERVER_TOKEN_UNKNOWN'
  | 'SERVER_TOKEN_USED';

/** Of one value of a request: where it is and what is wrong. */
export interface Fault {
  /** `body.name`, `query.limit`… */
  readonly at: string;
  readonly message: string;
  /** Where in its text, from and before which character; of filters. */
  readonly start?: number;
  readonly end?: number;
}

export class ServerError extends RunwardError<ServerErrorCode> {
  override readonly name = 'ServerError';
  readonly faults: readonly Fault[];

  constructor(
    code: ServerErrorCode,
    message: string,
    { faults = [], ...options }: { help?: string; cause?: unknown; faults?: readonly Fault[] } = {},
  ) {
    super(code, message, options);
    this.faults = faults;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
