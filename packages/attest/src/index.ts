/**
 * Attest: what a running container may do, as the kernel has it. Read from it, digested, compared with what somebody
 * approved, every difference told in plain words; and judged by what every container should keep to.
 *
 * @packageDocumentation
 */
export type { Approval, PastApproval } from './approve/approval.js';
export { Approvals, type ApproveRequest, approvalFor } from './approve/approvals.js';
export { noContainer, notAlike } from './approve/refusals.js';
export { type Choice, choose, keysOf, type Subject, workloadOf } from './approve/workload.js';
export { type Attestation, attest } from './attest.js';
export { compare } from './compare/compare.js';
export type { Difference } from './compare/difference.js';
export type { Configuration, Observation } from './configuration/configuration.js';
export { digestOf } from './configuration/digest.js';
export { AttestError, type AttestErrorCode } from './error.js';
export { type Assessment, assess, WEIGHTS, workloadScore } from './hygiene/assess.js';
export type { HygieneCheck, HygieneFinding, Severity } from './hygiene/check.js';
export { HYGIENE_CHECKS } from './hygiene/checks.js';
export { firstProcess } from './observe/first-process.js';
export { type ObserveRequest, observe } from './observe/observe.js';
export { filterDigests } from './observe/seccomp-filters.js';
