/** Policies, rules, playbooks and drills as versioned documents: what they say, and what became of each version. */
export { DocumentCheck } from './check.js';
export { type DiffLine, diffLines } from './diff.js';
export type { Actor, Document, DocumentScope, Version, VersionInfo } from './document.js';
export {
  type DocumentFilter,
  Documents,
  digestOf,
  moveVersion,
  type NewDocument,
  type NewVersion,
} from './documents.js';
export { after, VERSION_STATES, type VersionState, type VersionStep } from './lifecycle.js';
export { type CommittedText, type Synced, sync } from './sync.js';
