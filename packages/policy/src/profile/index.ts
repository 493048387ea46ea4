export { type Confidence, confidenceOf, duration } from './confidence.js';
export { mergeProfiles } from './merge.js';
export * from './profile.js';
export { readProfile, writeProfile } from './read-profile.js';
export {
  type KeySubject,
  type ParsedKey,
  parseWorkloadKey,
  profileFileName,
  type WorkloadKey,
} from './workload-key.js';
