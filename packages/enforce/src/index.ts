/**
 * Enforce: the kernel's enforcement. Loads the programs of bpf/enforce.bpf.c, pins them so that they outlive this
 * process, gives them compiled policies, binds containers to these, and reads their verdicts.
 *
 * @packageDocumentation
 */
export type { Mechanism, SectionAbility } from './ability.js';
export type { BoundContainer, Enforcement, EnforcementOptions, LineCount } from './enforcement.js';
export { EnforceError, type EnforceErrorCode } from './error.js';
export type { KernelVerdict } from './verdict.js';
