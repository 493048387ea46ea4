export { mergeProfiles } from './merge.js';
export * from './profile.js';
export {
  type KeySubject,
  type ParsedKey,
  parseWorkloadKey,
  profileFileName,
  type WorkloadKey,
} from './workload-key.js';
