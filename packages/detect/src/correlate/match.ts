import type { FieldValue } from '@runward/events';
import type { Correlation } from '@runward/rules';

/** A sequence that was completed, or a threshold that was reached. */
export interface CorrelationMatch<Witness> {
  readonly correlation: Correlation;
  readonly output: string;
  /** By token as written; null where the event does not carry the field. */
  readonly fields: Readonly<Record<string, FieldValue | null>>;
  readonly found: Findings<Witness>;
}

/** What was found, beyond the event that made it complete. */
export interface Findings<Witness> {
  /** What the events have in common. */
  readonly key: readonly string[];
  /** Nanoseconds since the Unix epoch of the first event that counted. */
  readonly firstNs: bigint;
  /** From the first event to the last. */
  readonly elapsedNs: number;
  /** Sequence: the event of each step before the last, as it was remembered. */
  readonly links: readonly Link<Witness>[];
  /** Threshold: events or distinct values within the window. Sequence: the steps. */
  readonly count: number;
  /** Threshold: events since the previous detection of the group, those left out while it was quiet included. */
  readonly total: number;
  /** Threshold over distinct values: the values, the first of them when they are many. */
  readonly values: readonly string[];
}

/** An event of a step, as remembered until the sequence is complete. */
export interface Link<Witness> {
  readonly witness: Witness;
  /** What the output shows of it, in the order of `wantedOf`. */
  readonly values: readonly (FieldValue | undefined)[];
}

/** How many of the distinct values a detection shows. */
export const SHOWN_VALUES = 20;
