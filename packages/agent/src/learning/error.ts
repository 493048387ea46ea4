import { RunwardError } from '@runward/core';

export type LearningErrorCode =
  | 'LEARN_WORKLOAD_INVALID'
  | 'LEARN_WORKLOAD_UNKNOWN'
  | 'LEARN_IN_PROGRESS'
  | 'LEARN_TOO_MANY';

/** What was asked of learning cannot be done. */
export class LearningError extends RunwardError<LearningErrorCode> {
  override readonly name = 'LearningError';
}
