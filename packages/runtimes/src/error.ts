import { RunwardError } from '@runward/core';

/** Every way of not learning who a container is. Documented in docs/errors/runtimes.md. */
export type RuntimesErrorCode =
  | 'RUNTIME_UNREACHABLE'
  | 'RUNTIME_TIMEOUT'
  | 'RUNTIME_REFUSED'
  | 'RUNTIME_ANSWER_TOO_LARGE'
  | 'RUNTIME_ANSWER_MALFORMED'
  | 'RUNTIME_FILE_UNREADABLE'
  | 'CONTAINER_ID_INVALID'
  | 'RUNTIME_CLOSED';

export class RuntimesError extends RunwardError<RuntimesErrorCode> {
  override readonly name = 'RuntimesError';
}

/** The message of anything thrown, for one-line reports. */
export const messageOf = (problem: unknown): string =>
  problem instanceof Error ? problem.message : String(problem);
