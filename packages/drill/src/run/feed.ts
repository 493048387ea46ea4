import type { Posture, ScenarioResult } from './result.js';

/** What a sensor reported, as far as a drill looks at it. */
export interface Observed {
  readonly rule: string;
  readonly priority: string;
  readonly tags: readonly string[];
  readonly containerId: string;
  readonly output: string;
  /** The kernel's time of the event that was reported, milliseconds since the epoch, with fractions. */
  readonly eventAtMs: number;
  /** When the report reached the drill, on the same clock. */
  readonly arrivedAtMs: number;
}

/** Where detections come from: an agent that runs, or a sensor of the drill's own. */
export interface DetectionFeed {
  /** For people: `the agent at …`, `a sensor of its own`. */
  readonly origin: string;
  /** The rules in force, by name; undefined when the feed cannot tell. */
  readonly rules: readonly string[] | undefined;
  follow(listener: (observed: Observed) => void): void;
  /** Events the sensor lost since the feed began. */
  lost(): Promise<number>;
  /** What else held, after a run that began then; undefined where there is nothing to tell. */
  posture(results: readonly ScenarioResult[], startedAt: string): Promise<Posture | undefined>;
}

/** Milliseconds of an RFC 3339 time with nanoseconds. Date alone would cut them off. */
export function epochMs(rfc3339: string): number {
  const [, seconds = '', fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(rfc3339) ?? [];
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction || '0'}`) * 1000;
}
