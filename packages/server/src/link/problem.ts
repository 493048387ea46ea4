import { RunwardError } from '@runward/core';
import { type Fault, ServerError } from '../error.js';
import { STATUS } from '../status.js';

/** Of what arrived and is not as agreed. */
const OF_PROTOCOL: Readonly<Record<string, number>> = {
  PROTOCOL_TOO_LARGE: 413,
  PROTOCOL_MALFORMED: 422,
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
    ...{ status: statusOf(error), code, title: message, help },
    ...(faults.length > 0 && { faults }),
  };
}

const statusOf = (error: RunwardError): number =>
  error instanceof ServerError ? STATUS[error.code] : (OF_PROTOCOL[error.code] ?? 500);
