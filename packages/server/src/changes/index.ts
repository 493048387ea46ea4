export type { Changes, RecordedChange } from './changes.js';
export { EvidenceChanges } from './evidence-changes.js';
