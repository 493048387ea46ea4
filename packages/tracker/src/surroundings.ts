import type { IdentityRequest } from './container-table.js';
import type { ProcessEntry } from './process-entry.js';

/** Reads what the machine knows of a process. */
export interface ProcessSource {
  /** Fills an entry; leaves `startNs` 0 when there is no such process (any more). */
  readProcess(pid: number, entry: ProcessEntry): void;
}

/**
 * All the tracker asks of the world outside. Live it is the machine, in a replay what the machine answered then;
 * the same answers to the same events give the same tables. Asked rarely: when a process or group is new.
 */
export interface Surroundings extends ProcessSource {
  /** Inode numbers of the host's namespaces. */
  readonly hostMntNs: number;
  readonly hostPidNs: number;
  /** Path of the process's group in the hierarchy that `cgroup` is from; undefined when the process is gone. */
  cgroupPathOf(pid: number, cgroup: number): string | undefined;
  /** Names every group there is now. */
  listCgroups(note: (cgroup: number, path: string) => void): void;
  /** The container a cgroup path names by itself; undefined when the path does not tell. */
  containerIdOf(cgroupPath: string): string | undefined;
  /** Pids of a group's processes now; empty when it is gone. Goes into the identity request only. */
  membersOf(cgroup: number, path: string): readonly number[];
  /** Mount namespace of a process now, 0 when it is gone. Goes into the identity request only. */
  mountNamespaceOf(pid: number): number;
  /** Asks who a cgroup is; answered through `Tracker.identified`. */
  identify(request: IdentityRequest): void;
  /**
   * Asks for the accounts of a container, below the root of the first of `pids` that is still there; answered
   * through `Tracker.accounted`. False when none is, and no answer will come.
   */
  askAccounts(cgroup: number, pids: readonly number[]): boolean;
  /** What happens in this group is a container's, even where its processes have the host's root. */
  markContainer(cgroup: number): void;
  unmarkContainer(cgroup: number): void;
}
