/** A way to a receiver. One call at a time. */
export interface Transport {
  /** How much one call takes. */
  readonly most: { readonly records: number; readonly bytes: number };
  /**
   * How long a receiver's end is waited for before what was written counts as arrived, milliseconds: for ways on which
   * receivers acknowledge nothing. What was written meanwhile is sent again when the connection breaks.
   */
  readonly settleMs?: number;
  /** Told when a connection that had taken records breaks. */
  onBreak?: (problem: string) => void;
  /**
   * Resolves when the receiver has the records, as far as the way tells.
   *
   * @throws OutputError
   */
  send(records: readonly Buffer[]): Promise<void>;
  close(): Promise<void>;
}

/** Within which a receiver has to answer, milliseconds. */
export const ANSWER_MS = 10_000;
