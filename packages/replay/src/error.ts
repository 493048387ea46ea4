import { RunwardError } from '@runward/core';

export type ReplayErrorCode =
  | 'REPLAY_OPEN_FAILED'
  | 'REPLAY_FORMAT_UNKNOWN'
  | 'REPLAY_READ_FAILED'
  | 'REPLAY_RULES_REJECTED';

export class ReplayError extends RunwardError<ReplayErrorCode> {}
