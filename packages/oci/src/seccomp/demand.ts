/**
 * What policies demand of system calls, name by name. `allow` says nothing; `deny` always denies; `without-flags`
 * denies calls whose argument `index` has any bit of `mask`.
 */
export type SyscallConstraint =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny'; readonly action: DenyAction; readonly errno: number }
  | { readonly kind: 'without-flags'; readonly index: number; readonly mask: number };

/** ERRNO: the call fails. KILL_PROCESS: it ends the process. */
export type DenyAction = 'SCMP_ACT_ERRNO' | 'SCMP_ACT_KILL_PROCESS';

export interface SyscallDemand {
  /** For every name that {@link named} has not. */
  readonly otherwise: SyscallConstraint & { readonly kind: 'allow' | 'deny' };
  readonly named: ReadonlyMap<string, SyscallConstraint>;
}

/** include/uapi/asm-generic/errno-base.h */
export const EPERM = 1;
/** errno.h: what a kernel without the call answers; the C library then tries the older call. */
export const ENOSYS = 38;

/** Whether the demand asks for anything at all. */
export const demandsAnything = (demand: SyscallDemand): boolean =>
  demand.otherwise.kind === 'deny' || [...demand.named.values()].some(({ kind }) => kind !== 'allow');
