const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How far apart in time things belong together, milliseconds (docs/incidents.md, ADR 0095). */
export interface Windows {
  /** Anything in a container of an incident, or by what its processes started, after the last thing in it. */
  readonly quietMs: number;
  /** The same rule in the same workload, in whichever container. */
  readonly repeatMs: number;
  /** After it was resolved: what goes on opens it again. */
  readonly reopenMs: number;
}

export const WINDOWS: Windows = { quietMs: HOUR, repeatMs: 24 * HOUR, reopenMs: 24 * HOUR };

export interface Retention {
  /** Incidents. Beyond it closed ones go first, then those least severe, the oldest first. */
  readonly most: number;
  /** Since the last thing happened in a closed one. */
  readonly closedMs: number;
  /** The same of one that is not closed. */
  readonly openMs: number;
}

export const RETENTION: Retention = { most: 1000, closedMs: 30 * 24 * HOUR, openMs: 90 * 24 * HOUR };
