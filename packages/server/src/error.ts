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
  | 'SERVER_TOO_LARGE'
  | 'SERVER_TOO_OFTEN'
  | 'SERVER_FORGED'
  | 'SERVER_UNRECORDED';

/** Of one value of a request: where it is and what is wrong. */
export interface Fault {
  /** `body.name`, `query.limit`… */
  readonly at: string;
  readonly message: string;
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
