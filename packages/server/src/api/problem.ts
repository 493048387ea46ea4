import { type Fault, ServerError, type ServerErrorCode } from '../error.js';
import { STATUS } from '../status.js';

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
