import { readFileSync } from 'node:fs';
import { RwFamily } from '@runward/events';

/** One program of the sensor object and what is lost without it. */
export interface KernelProgram {
  readonly name: string;
  readonly tracepoint: string;
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
];

/** Reached by tail call from `rw_sys_exit`. */
export const FAMILY_PROGRAMS: readonly (readonly [number, string])[] = [
  [RwFamily.RW_FAM_OPEN, 'rw_open_call'],
  [RwFamily.RW_FAM_PATH, 'rw_path_call'],
  [RwFamily.RW_FAM_FD, 'rw_fd_call'],
  [RwFamily.RW_FAM_SYS, 'rw_sys_call'],
];

let symbols: string | undefined;

/** BTF names of raw tracepoints are `btf_trace_NAME`; the string table of the kernel's BTF lists them. */
function kernelBtf(): string {
  symbols ??= (() => {
    try {
      return readFileSync('/sys/kernel/btf/vmlinux', 'latin1');
    } catch {
      return '';
    }
  })();
  return symbols;
}

export const hasKernelBtf = (): boolean => kernelBtf() !== '';
export const attachable = (program: KernelProgram): boolean =>
  kernelBtf() === '' || kernelBtf().includes(`\0btf_trace_${program.tracepoint}\0`);
