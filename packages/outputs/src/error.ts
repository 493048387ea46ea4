import { RunwardError } from '@runward/core';

/** Documented in docs/errors/outputs.md. */
export type OutputErrorCode =
  | 'OUTPUT_QUEUE_UNUSABLE'
  | 'OUTPUT_UNREACHABLE'
  | 'OUTPUT_REJECTED'
  | 'OUTPUT_SECRET';

export class OutputError extends RunwardError<OutputErrorCode> {
  override readonly name = 'OutputError';

  /** Sending the same again cannot help. */
  get isFinal(): boolean {
    return this.code === 'OUTPUT_REJECTED';
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
