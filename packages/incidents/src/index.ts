/**
 * Incidents: detections that belong together, what stage of an attack they are, how severe they are together, what to
 * do about them. Pure: no I/O, no clock of its own.
 *
 * @packageDocumentation
 */
export { type BookOptions, type BookStats, IncidentBook, type Taken } from './book/book.js';
export {
  fits,
  type IncidentFilter,
  type IncidentSummary,
  isSeverity,
  isState,
  NO_FILTER,
  summaryOf,
} from './book/filter.js';
export { RETENTION, type Retention, WINDOWS, type Windows } from './book/windows.js';
export { IncidentError, type IncidentErrorCode } from './error.js';
export {
  type Guidance,
  type GuidanceStep,
  guidanceOf,
  type RuleText,
  ruleText,
} from './guidance/guidance.js';
export {
  type Change,
  type ExposedContainer,
  entriesOf,
  type Incident,
  type InvolvedContainer,
  type InvolvedProcess,
  isClosed,
  type Note,
  type RuleCount,
  SEVERITIES,
  type Severity,
  STATES,
  type Stage,
  type State,
  type TimelineEntry,
} from './incident/incident.js';
export { INCIDENT_LIMITS } from './incident/limits.js';
export { type IncidentReading, readIncident } from './incident/read-incident.js';
export { scoreOf, severityOf } from './incident/severity.js';
export { type Sighting, sightingOf } from './sighting/sighting.js';
