import { RunwardError } from '@runward/core';

/** What the control socket answers by itself, with the HTTP status each has. */
export const CONTROL_CODES = {
  CONTROL_BODY_INVALID: 400,
  CONTROL_FORBIDDEN: 403,
  CONTROL_NOT_FOUND: 404,
  CONTROL_METHOD_NOT_ALLOWED: 405,
  CONTROL_CONFLICT: 409,
  CONTROL_BODY_TOO_LARGE: 413,
  CONTROL_INTERNAL: 500,
  CONTROL_UNAVAILABLE: 503,
  CONTROL_TIMED_OUT: 504,
} as const;
export type ControlCode = keyof typeof CONTROL_CODES;

/** A request that cannot be answered; what a route throws becomes the answer. */
export class ControlError extends RunwardError<ControlCode> {
  override readonly name = 'ControlError';
}

export type SocketErrorCode = 'CONTROL_SOCKET_IN_USE' | 'CONTROL_SOCKET_FAILED';

/** The socket itself cannot be had. */
export class SocketError extends RunwardError<SocketErrorCode> {
  override readonly name = 'SocketError';
}

/** What the agent answers when it does not do what it was asked (RFC 9457, `application/problem+json`). */
export interface Problem {
  readonly status: number;
  /** A code of docs/errors. */
  readonly code: string;
  readonly title: string;
  readonly help: string;
  /** What else the route had to say, such as diagnostics. */
  readonly details?: unknown;
}

/** An error of a room that is an answer to the request, not a defect. */
const REFUSED = 422;

export function problemOf(error: unknown): Problem {
  if (!(error instanceof RunwardError)) {
    const title = error instanceof Error ? error.message : String(error);
    return { status: CONTROL_CODES.CONTROL_INTERNAL, code: 'CONTROL_INTERNAL', title, help: '' };
  }
  const status = error instanceof ControlError ? CONTROL_CODES[error.code] : REFUSED;
  const details = 'details' in error ? { details: error.details } : {};
  return { status, code: error.code, title: error.message, help: error.help, ...details };
}
