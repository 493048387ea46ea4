/**
 * Policy: what a workload may do, as one document; what it was seen doing, as a profile. Pure: no I/O, no clock.
 * How several policies decide together: docs/adr/0050-how-policies-decide.md.
 *
 * @packageDocumentation
 */

export * from './cases/index.js';
export * from './check/index.js';
export * from './compile/export/index.js';
export { EXPORT_FORMATS, type ExportFormat, exportPolicy } from './compile/formats.js';
export * from './compile/kernel/index.js';
export * from './decide/index.js';
export {
  POLICY_CODES,
  type PolicyCode,
  type PolicyDiagnostic,
  policyDiagnostic,
} from './diagnostics/codes.js';
export * from './diff/index.js';
export * from './explain/index.js';
export * from './generalise/index.js';
export { importNetworkPolicies, type PolicyImport } from './import/index.js';
export { LIMITS } from './model/limits.js';
export { inMode } from './model/modes.js';
export * from './model/policy.js';
export { SYSCALL_NAMES } from './model/syscall-names.js';
export type { TrustSection } from './model/trust.js';
export * from './observe/index.js';
export * from './pattern/index.js';
export * from './profile/index.js';
export { CAPABILITY_NAMES } from './read/line-shapes.js';
export { type PolicyReading, readPolicies } from './read/read-policies.js';
export * from './schema/index.js';
export { type PlainPolicy, plainPolicy, policyOfPlain } from './store/plain-policy.js';
export {
  type IndexedPolicy,
  type PolicyIndex,
  readPolicyIndex,
  writePolicyIndex,
} from './store/policy-index.js';
export * from './words/index.js';
