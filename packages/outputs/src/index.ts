/**
 * Outputs: detections sent to other systems, in their formats, by their protocols. Each output has a queue on the disk:
 * in order, at least once, bounded; what is lost is counted and said.
 *
 * @packageDocumentation
 */
export { OutputError, type OutputErrorCode } from './error.js';
export type { Dropped, OutputStatus } from './output.js';
export { Outputs, type OutputsOptions } from './outputs.js';
export type { OutputSettings, Target, TargetType } from './settings/output-settings.js';
export type { OutputsDiagnostic, OutputsDiagnosticCode } from './settings/problems.js';
export { type ReadOutputs, readOutputs } from './settings/read-outputs.js';
export { testDetection } from './test-detection.js';
