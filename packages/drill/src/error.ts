import { RunwardError } from '@runward/core';

export type DrillErrorCode =
  | 'DRILL_NO_RUNTIME'
  | 'DRILL_NO_ROOT'
  | 'DRILL_NO_SCRATCH'
  | 'DRILL_CONTAINER_FAILED'
  | 'DRILL_HISTORY_UNREADABLE'
  | 'DRILL_HISTORY_UNWRITABLE';

/** A drill cannot be run or its record kept. What it made by then is removed all the same. */
export class DrillError extends RunwardError<DrillErrorCode> {
  override readonly name = 'DrillError';
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
