/**
 * Replay: events from the past. Recordings and captures are event sources; rules are run over them, and two rule
 * sets are compared over the same history.
 *
 * @packageDocumentation
 */

export { type HistorySummary, summarizeHistory } from './backtest/history.js';
export type {
  BacktestReport,
  RuleReport,
  Tallied,
  Unjudged,
  Verdict,
  Workload,
  WorkloadReport,
} from './backtest/report.js';
export { type BacktestSummary, type RuleSummary, summarizeBacktest } from './backtest/summary.js';
export type { FileResult, ReplayMode } from './engine/messages.js';
export {
  type FileFailure,
  type PoolHandlers,
  type PoolOptions,
  type PoolResult,
  replayFiles,
} from './engine/replay-pool.js';
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
export type {
  DeniedWorkload,
  DenyingLine,
  LineDenials,
  PolicyBacktestReport,
  Unobservable,
} from './policies/report.js';
export {
  type LineSummary,
  type PolicyBacktestSummary,
  summarizePolicyBacktest,
} from './policies/summary.js';
export { RecordingFolder } from './recording/recording-folder.js';
export { RecordingSource } from './recording/recording-source.js';
