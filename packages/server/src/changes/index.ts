export { type Changes, type RecordedChange, unrecorded } from './changes.js';
export { EvidenceChanges } from './evidence-changes.js';
export { type EvidenceQuery, EvidenceReader } from './evidence-reader.js';
