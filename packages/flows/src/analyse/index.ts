/**
 * Analyse: what the flows of a container say when they are looked at together. Pure, bounded, and without a clock of its own.
 *
 * @packageDocumentation
 */
export { Analyst } from './analyst.js';
export { DETECTORS, type Detector, type FlowFinding } from './finding.js';
export type { LookUp } from './look-up.js';
export { DEFAULT_SETTINGS, type Exception, type Settings } from './settings.js';
export { DEFAULT_THRESHOLDS, type Thresholds } from './thresholds.js';
