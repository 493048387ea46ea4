/**
 * Drill: harmless exercises in scratch containers, and what detection made of them. A scenario is a file; each runs in a
 * container of its own that is removed afterwards. Who detects is not known here: detections come from a feed.
 *
 * @packageDocumentation
 */
export type { DrillDiagnostic, DrillDiagnosticCode } from './document/problems.js';
export { DrillError, type DrillErrorCode } from './error.js';
export { type DrillOptions, runDrill } from './run/drill.js';
export { type DetectionFeed, epochMs, type Observed } from './run/feed.js';
export type {
  BenignLoad,
  DrillRun,
  LoadResult,
  Outcome,
  Posture,
  RuleHit,
  ScenarioResult,
} from './run/result.js';
export { DETECT_WITHIN_MS, RESPOND_WITHIN_MS, SETTLED_MS } from './run/run-scenarios.js';
export { DEFAULT_SCRATCH } from './run/workshop.js';
export { scenarioSchemaText } from './scenario/json-schema.js';
export { readScenarios, type ScenarioReading } from './scenario/read-scenarios.js';
export { type Scenario, type Step, THEMES } from './scenario/scenario.js';
export { type Change, type Comparison, compareRuns } from './score/compare.js';
export { type Coverage, type Score, scoreRun, type Times } from './score/score.js';
export type { RootChoice } from './scratch/root-fs.js';
export { DrillHistory } from './store/history.js';
export {
  afterActionMarkdown,
  improvements,
  isInTime,
  scoreTabletop,
  spanText,
  type TabletopScore,
} from './tabletop/after-action.js';
export { type Exercise, exerciseSchemaText, type Scene } from './tabletop/exercise.js';
export { type ExerciseReading, readExercise } from './tabletop/read-exercise.js';
export { type Decision, type TabletopRecord, TabletopSession } from './tabletop/session.js';
