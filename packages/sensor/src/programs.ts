import { RwFamily } from '@runward/events';
import { KernelBtf } from '@runward/native';

/** One program of the sensor object and what is lost without it. */
export interface KernelProgram {
  readonly name: string;
  readonly tracepoint: string;
  /** How many arguments the tracepoint must pass, where kernels differ. */
  readonly arguments?: number;
  readonly optional: boolean;
  readonly gives: string;
}

// biome-ignore format: a table reads best as a table
export const PROGRAMS: readonly KernelProgram[] = [
  { name: 'rw_fork', tracepoint: 'sched_process_fork', optional: false, gives: 'process ancestry' },
  { name: 'rw_exec', tracepoint: 'sched_process_exec', optional: false, gives: 'program execution' },
  { name: 'rw_exit', tracepoint: 'sched_process_exit', optional: false, gives: 'process end' },
  { name: 'rw_sys_exit', tracepoint: 'sys_exit', optional: false, gives: 'system calls, native and 32-bit' },
  { name: 'rw_cgroup_mkdir', tracepoint: 'cgroup_mkdir', optional: true, gives: 'containers known before their first process' },
  { name: 'rw_cgroup_rmdir', tracepoint: 'cgroup_rmdir', optional: true, gives: 'containers forgotten when they end' },
  { name: 'rw_uring_submit_req', tracepoint: 'io_uring_submit_req', optional: true, gives: 'io_uring requests (Linux 6.4 and newer)' },
  { name: 'rw_uring_submit_sqe', tracepoint: 'io_uring_submit_sqe', arguments: 2, optional: true, gives: 'io_uring requests (Linux 6.0 to 6.3)' },
  { name: 'rw_uring_complete', tracepoint: 'io_uring_complete', arguments: 3, optional: true, gives: 'results of io_uring requests (Linux 6.15 and newer)' },
  { name: 'rw_uring_complete_old', tracepoint: 'io_uring_complete', arguments: 7, optional: true, gives: 'results of io_uring requests (Linux 6.0 to 6.14)' },
];

/** Attached while a workload is learnt, and only then. */
// biome-ignore format: a table reads best as a table
export const LEARNING_PROGRAMS: readonly KernelProgram[] = [
  { name: 'rw_learn_call', tracepoint: 'sys_enter', optional: true, gives: 'all system calls of a workload that is learnt' },
  { name: 'rw_learn_capability', tracepoint: 'cap_capable', arguments: 5, optional: true, gives: 'capabilities as the kernel checks them (Linux 6.13 and newer)' },
];

/** Reached by tail call from `rw_sys_exit`. */
export const FAMILY_PROGRAMS: readonly (readonly [number, string])[] = [
  [RwFamily.RW_FAM_OPEN, 'rw_open_call'],
  [RwFamily.RW_FAM_PATH, 'rw_path_call'],
  [RwFamily.RW_FAM_FD, 'rw_fd_call'],
  [RwFamily.RW_FAM_SYS, 'rw_sys_call'],
];

/** Names of the programs this kernel has the tracepoint for, in the form they expect. */
export function attachablePrograms(btf: KernelBtf): ReadonlySet<string> {
  const fits = (p: KernelProgram): boolean => {
    const count = btf.tracepointArguments(p.tracepoint);
    return count !== undefined && (p.arguments === undefined || p.arguments === count);
  };
  return new Set([...PROGRAMS, ...LEARNING_PROGRAMS].filter(fits).map((p) => p.name));
}

export function hasKernelBtf(): boolean {
  const btf = KernelBtf.open();
  btf?.close();
  return btf !== undefined;
}
