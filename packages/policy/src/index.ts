/**
 * Policy: what a workload may do, as one document; what it was seen doing, as a profile. Pure: no I/O, no clock.
 * How several policies decide together: docs/adr/0050-how-policies-decide.md.
 *
 * @packageDocumentation
 */
export * from './model/policy.js';
export * from './observe/index.js';
export * from './profile/profile.js';
export { type PlainPolicy, plainPolicy, policyOfPlain } from './store/plain-policy.js';
export {
  type IndexedPolicy,
  type PolicyIndex,
  readPolicyIndex,
  writePolicyIndex,
} from './store/policy-index.js';
