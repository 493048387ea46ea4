/**
 * Replay: events from the past. Recordings and captures are event sources; rules are run over them, and two rule
 * sets are compared over the same history.
 *
 * @packageDocumentation
 */
export { ReplayError, type ReplayErrorCode } from './error.js';
export type {
  EventSource,
  ReplayGap,
  ReplayOptions,
  ReplayProgress,
  ReplayStats,
  SkippedPart,
  SourceCoverage,
} from './event-source.js';
export { openEventSource } from './open-source.js';
