/**
 * Enforce: the kernel's enforcement. Loads the programs of bpf/enforce.bpf.c, pins them so that they outlive this
 * process, gives them compiled policies, binds containers to these, and reads their verdicts.
 *
 * @packageDocumentation
 */
export type { Mechanism, SectionAbility } from './ability.js';
export type { BoundContainer, Enforcement, EnforcementOptions, LineCount } from './contract.js';
export { PinnedEnforcement } from './enforcement.js';
export { EnforceError, type EnforceErrorCode } from './error.js';
export { FanotifyGuard, type GuardedProcess, type GuardMaps } from './fanotify/guard.js';
export {
  FANOTIFY_LIMITS,
  fanotifyAbilities,
  fanotifyRefusals,
  fanotifyShortfalls,
  type LineShortfall,
} from './fanotify/limits.js';
export type { MarkReport, UnmarkedMount } from './fanotify/messages.js';
export { DEFAULT_PIN_FOLDER } from './pins/bpf-folder.js';
export type { KernelVerdict } from './verdict.js';
