import type { KernelTables, SectionName } from '@runward/policy';
import type { SectionAbility } from './ability.js';
import type { KernelVerdict } from './verdict.js';

export interface EnforcementOptions {
  /** The compiled programs, build/bpf/enforce.bpf.o. */
  readonly objectPath: string;
  /** Folder of a BPF file system that keeps them in force; by default /sys/fs/bpf/runward. */
  readonly pinFolder?: string;
}

export interface BoundContainer {
  /** All of the container's, as events name them. */
  readonly cgroups: readonly number[];
  /**
   * Only of a container whose program has been started: its first process, in the host's numbers. Without it the
   * container's program is still to be started, and what is in its cgroups now is its runtime.
   */
  readonly pid?: number;
  /** What {@link Enforcement.load} returned. */
  readonly set: number;
  /** Should the set be missing in the kernel, deny all. */
  readonly failClosed: boolean;
  /** CLOCK_REALTIME in nanoseconds at which the container's image was complete: what changed later is drift. */
  readonly imageNs?: bigint;
}

export interface LineCount {
  readonly hits: number;
  /** Wall clock, milliseconds. */
  readonly lastMs: number;
}

/** The kernel's enforcement, loaded and pinned. One process has it open at a time. */
export interface Enforcement {
  /** One per section. */
  readonly abilities: readonly SectionAbility[];
  /** How it was opened: programs that were in force already, or new ones; and whether older ones still are. */
  readonly origin: 'loaded' | 'taken-over' | 'replaced' | 'beside-previous';
  /**
   * Puts a compiled effective policy into the kernel; the same id twice is one. Returns the number verdicts name.
   *
   * @throws EnforceError ENFORCE_NO_ROOM
   */
  load(tables: KernelTables): number;
  /**
   * Binds a container's cgroups to a set, each at once, and marks its running processes.
   *
   * @throws EnforceError ENFORCE_UNKNOWN_SET, ENFORCE_NO_ROOM
   */
  bind(container: BoundContainer): void;
  unbind(cgroups: readonly number[]): void;
  /** cgroup → set */
  bindings(): ReadonlyMap<number, number>;
  /** Set → id of its effective policy; of all in the kernel, also those loaded before this process began. */
  sets(): ReadonlyMap<number, string>;
  /**
   * Removes a set that nothing is bound to.
   *
   * @throws EnforceError ENFORCE_UNKNOWN_SET when something is
   */
  unload(set: number): void;
  /** By line number; lines that never decided are left out. */
  counts(set: number): ReadonlyMap<number, LineCount>;
  /**
   * Tells the kernel what a file contains, for lines with `sha256`. Holds until the file changes. Returns the hex
   * digest; undefined when the file changed while it was read.
   */
  recordDigest(path: string): Promise<string | undefined>;
  /**
   * Verdicts as they come. One taker at a time.
   *
   * @throws EnforceError ENFORCE_RING_FAILED
   */
  onVerdicts(take: (verdicts: readonly KernelVerdict[]) => void): void;
  /** Verdicts lost because the ring was full, since load. */
  dropped(): ReadonlyMap<SectionName, number>;
  /** Detaches what an older version left attached, once containers are bound here. True when there was something. */
  retirePrevious(): boolean;
  /** Stops reading; enforcement stays in force. */
  close(): Promise<void>;
}
