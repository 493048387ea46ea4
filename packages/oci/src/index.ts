/**
 * OCI: policies in force before a container's first instruction, whichever runtime starts it. What a policy
 * changes of a specification, who a container is before it exists, the runtime wrapper and its hook, and NRI.
 *
 * @packageDocumentation
 */
export {
  type Applied,
  applyPolicy,
  applyToProcess,
  DIGEST_ANNOTATION,
  POLICY_ANNOTATION,
} from './apply/apply.js';
export type { CreationDiagnosticCode, CreationNote, SpecChange } from './apply/change.js';
export type { CreationPolicy, Reason } from './apply/creation-policy.js';
export type { CreationHost } from './apply/host.js';
export {
  type Creation,
  type Execution,
  type Invocation,
  type RuntimeLog,
  readInvocation,
} from './command/invocation.js';
export { creationPolicy } from './create/effective.js';
export type { HookPlace } from './create/hook.js';
export { type ImageJudge, type ImageJudgement, judgesImages } from './create/images.js';
export {
  handlesBeyondCreation,
  type KernelNeed,
  needsKernel as sectionsBeyondCreation,
} from './create/kernel-need.js';
export type { Prepared } from './create/prepare.js';
export { OciError, type OciErrorCode } from './error.js';
export type { Identity } from './identity/identity.js';
export { type Caller, ownOptions, readAncestorArgs, readCaller } from './service/caller.js';
export { DEFAULT_CONFIG, type OciConfig, readOciConfig } from './service/config.js';
export {
  CreationService,
  type CreationServiceOptions,
  type KernelBinder,
} from './service/creation-service.js';
export { IndexSource } from './service/index-source.js';
export { writeRuntimeLog } from './service/runtime-log.js';
export { type HookState, readHookState } from './service/runtime-state.js';
export { readOciProcess, readOciSpec } from './spec/read-spec.js';
export type * from './spec/spec.js';
