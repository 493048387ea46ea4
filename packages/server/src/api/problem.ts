import { type Fault, ServerError, type ServerErrorCode } from '../error.js';

const STATUS: Readonly<Record<ServerErrorCode, number>> = {
  SERVER_STATE_UNUSABLE: 503,
  SERVER_STATE_NEWER: 503,
  SERVER_INVALID: 400,
  SERVER_NOT_SIGNED_IN: 401,
  SERVER_NOT_ALLOWED: 403,
  SERVER_FORGED: 403,
  SERVER_PROVIDER: 502,
  SERVER_NOT_FOUND: 404,
  SERVER_CONFLICT: 409,
  SERVER_DOCUMENT_INVALID: 422,
  SERVER_TOO_LARGE: 413,
  SERVER_TOO_OFTEN: 429,
  SERVER_UNRECORDED: 503,
  SERVER_ADDRESS_UNUSABLE: 500,
  SERVER_AUTHORITY_UNUSABLE: 500,
  SERVER_CERTIFICATE_EXPIRED: 401,
  SERVER_CERTIFICATE_UNKNOWN: 401,
  SERVER_COMMAND_UNANSWERED: 504,
  SERVER_INTERNAL: 500,
  SERVER_NODE_AWAY: 409,
  SERVER_NODE_TAKEN: 409,
  SERVER_NODE_UNKNOWN: 404,
  SERVER_NOT_RUNNING: 503,
  SERVER_REQUEST_INVALID: 422,
  SERVER_STORE_FAILED: 503,
  SERVER_STORE_UNUSABLE: 500,
  SERVER_TOKEN_EXPIRED: 403,
  SERVER_TOKEN_OTHER_NODE: 403,
  SERVER_TOKEN_UNKNOWN: 403,
  SERVER_REFERENCE_INVALID: 400,
  SERVER_REFERENCE_OLDER: 409,
  SERVER_CHALLENGE_OVER: 409,
  SERVER_TPM_REFUSED: 403,
  SERVER_TPM_REQUIRED: 403,
  SERVER_TPM_TAKEN: 409,
  SERVER_TPM_UNBOUND: 409,
  SERVER_TOKEN_USED: 403,
};

/** What went wrong, as RFC 9457 has it. */
export interface Problem {
  /** Where the code is explained. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly help?: string;
  readonly faults?: readonly Fault[];
}

const problem = (status: number, code: string, title: string, detail: string): Problem => ({
  type: `urn:runward:error:${code}`,
  ...{ title, status, detail, code },
});

/** Nothing of an error that is not ours goes out: it may tell of the machine. `undefined` when it is not ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ServerError) {
    const { code, message, help, faults } = error;
    return {
      ...problem(STATUS[code], code, titleOf(code), message),
      ...(help === '' ? {} : { help }),
      ...(faults.length === 0 ? {} : { faults }),
    };
  }
  switch (statusOf(error)) {
    case 413:
      return problem(
        413,
        'SERVER_TOO_LARGE',
        titleOf('SERVER_TOO_LARGE'),
        'the request is larger than is taken',
      );
    case 429:
      return problem(
        429,
        'SERVER_TOO_OFTEN',
        titleOf('SERVER_TOO_OFTEN'),
        'too many requests; wait a little',
      );
    case 404:
      return problem(
        404,
        'SERVER_NOT_FOUND',
        titleOf('SERVER_NOT_FOUND'),
        'there is nothing at this address',
      );
    case 400:
    case 415:
      return problem(
        400,
        'SERVER_INVALID',
        titleOf('SERVER_INVALID'),
        'the request cannot be read: JSON is taken',
      );
    default:
      return undefined;
  }
}

export const internalProblem = (): Problem =>
  problem(500, 'FAILED', 'the server failed', 'what happened is in the log of the server');

function statusOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'statusCode' in error
    ? Number(error.statusCode)
    : 500;
}

const titleOf = (code: ServerErrorCode): string =>
  code.slice('SERVER_'.length).toLowerCase().replaceAll('_', ' ');
