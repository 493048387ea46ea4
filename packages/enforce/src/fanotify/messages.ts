import type { KernelTables } from '@runward/policy';
import type { KernelVerdict } from '../verdict.js';

/** A set as the answering thread needs it. `counts` is shared: hits and last milliseconds of each line, from line 0. */
export interface GuardedSet {
  readonly number: number;
  readonly tables: KernelTables;
  readonly counts: SharedArrayBuffer;
}

/** A container whose mounts are to be marked. */
export interface GuardedContainer {
  /** A process of it that runs, in the host's numbers. */
  readonly pid: number;
  readonly set: number;
  /** CLOCK_REALTIME in nanoseconds: where no layer tells, what changed later is not the image's. 0n: not known. */
  readonly imageNs: bigint;
}

/** What of a container's mounts is not marked, and why. */
export interface UnmarkedMount {
  readonly point: string;
  readonly problem: string;
}

export interface MarkReport {
  readonly marked: number;
  readonly unmarked: readonly UnmarkedMount[];
}

export interface GuardSetup {
  readonly fanotify: number;
  readonly members: number;
  readonly bound: number;
  readonly wake: number;
  readonly pulse: SharedArrayBuffer;
}

export type ToAnswerer =
  | { readonly kind: 'load'; readonly set: GuardedSet }
  | { readonly kind: 'unload'; readonly set: number }
  | { readonly kind: 'bind'; readonly request: number; readonly container: GuardedContainer }
  | { readonly kind: 'unbind'; readonly pid: number }
  | { readonly kind: 'close' };

export type FromAnswerer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'bound'; readonly request: number; readonly report: MarkReport }
  | { readonly kind: 'refused'; readonly request: number; readonly problem: string }
  | { readonly kind: 'verdicts'; readonly verdicts: readonly KernelVerdict[] }
  | { readonly kind: 'problem'; readonly text: string };
