/** The parts of `linux.seccomp` of the OCI runtime specification that an export has; `comment` is looked at by nobody. */
export interface SeccompFilter {
  readonly comment: string;
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

export type SeccompAction = 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO' | 'SCMP_ACT_KILL_PROCESS';

export interface SeccompRule {
  readonly comment: string;
  readonly names: readonly string[];
  readonly action: SeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
}

export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo: number;
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_GE' | 'SCMP_CMP_MASKED_EQ';
}

/** include/uapi/asm-generic/errno-base.h */
export const EPERM = 1;
/** What a kernel without the call answers: the C library then tries the older one. */
export const ENOSYS = 38;

export const equal = (index: number, value: number): SeccompArgument => ({
  ...{ index, value, valueTwo: 0, op: 'SCMP_CMP_EQ' },
});
/** The bits of `mask` are `value`. */
export const masked = (index: number, mask: number, value: number): SeccompArgument => ({
  ...{ index, value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' },
});
