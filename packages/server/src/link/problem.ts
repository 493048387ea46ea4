import { RunwardError } from '@runward/core';
import { type Fault, ServerError } from '../error.js';

const STATUS: Readonly<Record<string, number>> = {
  PROTOCOL_TOO_LARGE: 413,
  PROTOCOL_MALFORMED: 422,
  SERVER_CERTIFICATE_EXPIRED: 401,
  SERVER_CERTIFICATE_UNKNOWN: 401,
  SERVER_CONFLICT: 409,
  SERVER_DOCUMENT_INVALID: 422,
  SERVER_INVALID: 422,
  SERVER_NOT_ALLOWED: 403,
  SERVER_UNRECORDED: 503,
  SERVER_NODE_AWAY: 409,
  SERVER_NODE_TAKEN: 409,
  SERVER_NODE_UNKNOWN: 404,
  SERVER_NOT_FOUND: 404,
  SERVER_COMMAND_UNANSWERED: 504,
  SERVER_REQUEST_INVALID: 422,
  SERVER_STATE_UNUSABLE: 503,
  SERVER_STORE_FAILED: 503,
  SERVER_REFERENCE_INVALID: 422,
  SERVER_REFERENCE_OLDER: 409,
  SERVER_CHALLENGE_OVER: 409,
  SERVER_TPM_REFUSED: 403,
  SERVER_TPM_REQUIRED: 403,
  SERVER_TPM_TAKEN: 409,
  SERVER_TPM_UNBOUND: 409,
  SERVER_TOKEN_EXPIRED: 403,
  SERVER_TOKEN_OTHER_NODE: 403,
  SERVER_TOKEN_UNKNOWN: 403,
  SERVER_TOKEN_USED: 403,
  PROTOCOL_TOKEN_MALFORMED: 403,
};

/** An error as whoever asked is told it (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly help: string;
  /** What exactly is wrong with what was asked, and where. */
  readonly faults?: readonly Fault[];
}

/** What is no error of ours says nothing of what is inside. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof RunwardError))
    return { status: 500, code: 'SERVER_INTERNAL', title: 'the server failed', help: 'its log says why' };
  const { code, message, help } = error;
  const faults = error instanceof ServerError ? error.faults : [];
  return {
    ...{ status: STATUS[code] ?? 500, code, title: message, help },
    ...(faults.length > 0 && { faults }),
  };
}
