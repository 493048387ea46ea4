import { RunwardError } from '@runward/core';

export type StateErrorCode = 'STATE_BUSY' | 'STATE_DAMAGED' | 'STATE_UNREADABLE' | 'STATE_UNWRITABLE';

/** The folder of kept state cannot be used. What is in force stays as it was. */
export class StateError extends RunwardError<StateErrorCode> {
  override readonly name = 'StateError';
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What `fs` throws has a code such as `ENOENT`. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
