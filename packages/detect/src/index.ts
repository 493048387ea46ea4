/**
 * Detect: rules applied to events. One event goes in, detections come out: plain data that says which rule
 * matched, who acted and where. Live events and recorded ones take the same way. Pure: no I/O.
 *
 * @packageDocumentation
 */
export { type CanaryMark, CanaryRule } from './canary.js';
export {
  type CorrelationStats,
  Correlator,
  type CorrelatorOptions,
  MAX_BYTES,
  MAX_GROUPS,
} from './correlate/correlator.js';
export type { CorrelationMatch, Findings, Link } from './correlate/match.js';
export {
  type ContainerSummary,
  type CorrelationSummary,
  type Detection,
  describeCorrelation,
  describeDetection,
  describeFlow,
  NOBODY,
  type ProcessSummary,
  summarizeAncestors,
  summarizeContainer,
  summarizeProcess,
} from './detection.js';
export { Detector, type DetectorOptions } from './detector.js';
export { describeEvent, type EventRecord } from './event-record.js';
export { factJudges } from './fact-judge.js';
export { FlowDetector } from './flow-detector.js';
export { NoiseFilter, type NoiseStats } from './noise/noise-filter.js';
export { DEFAULT_NOISE, NO_NOISE_CONTROL, type NoiseOptions } from './noise/noise-options.js';
export { describeVerdict, type PolicyFinding, type Scene, type VerdictOutcome } from './policy-verdict.js';
export { type StepSummary, summarizeStep } from './step-summary.js';
export { formatTime } from './time-text.js';
export { type Observation, type ReadLines, readObservations } from './tune/observation.js';
export type { PatchItem } from './tune/patch.js';
export type { Suggestion } from './tune/suggestion.js';
export { type TunedRule, type TuneOptions, type Tuning, tune } from './tune/tune.js';
