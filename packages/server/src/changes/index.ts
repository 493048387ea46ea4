export { type Changes, type RecordedChange, unrecorded } from './changes.js';
export { EvidenceChanges } from './evidence-changes.js';
