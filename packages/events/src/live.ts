import type { ProcessInfo } from './model.js';

/** Memory of a process in KiB, and its threads. */
export interface LiveMemory {
  readonly vmSizeKib: number;
  readonly vmRssKib: number;
  readonly vmSwapKib: number;
  readonly threads: number;
}

export interface LiveFaults {
  readonly major: number;
  readonly minor: number;
}

/** What a descriptor refers to, in the words of `fd.type` and `fd.name`. */
export interface LiveDescriptor {
  readonly type: string | undefined;
  readonly name: string;
}

/**
 * Facts the kernel shows of a process only while it lives. Each look reads them anew, when a rule asks, so they
 * are a moment younger than the event. Everything is undefined once the process has ended.
 */
export interface LiveProcesses {
  memory(process: ProcessInfo): LiveMemory | undefined;
  faults(process: ProcessInfo, tid: number): LiveFaults | undefined;
  /** Soft limit of open descriptors; -1 for none. */
  descriptorLimit(process: ProcessInfo): number | undefined;
  /** Numbers of the open descriptors. */
  descriptors(process: ProcessInfo): readonly number[] | undefined;
  descriptor(process: ProcessInfo, fd: number): LiveDescriptor | undefined;
  /** Path of the process in the hierarchy of a cgroup controller. */
  cgroup(process: ProcessInfo, controller: string): string | undefined;
}
