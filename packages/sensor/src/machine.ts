import { openPath } from '@runward/native';
import type { IdentityRequest, ProcessEntry, Surroundings } from '@runward/tracker';
import { hierarchyOf } from './cgroup-hierarchy.js';
import { groupMembers, listCgroups } from './cgroup-paths.js';
import type { Kernel } from './kernel.js';
import { namespaceId, readCgroupPath, readProcess } from './proc-reader.js';

/** Whom the sensor asks what only a container runtime, or another thread, can answer. */
export interface Identification {
  /** The container a cgroup path names by itself; undefined when the path does not tell. */
  readonly classify: (cgroupPath: string) => string | undefined;
  /** Asks for a cgroup's identity; answered through `Sensor.identified`. */
  readonly identify: (request: IdentityRequest) => void;
  /**
   * Asks for the accounts below a container's root; answered through `Sensor.accounted`. `root` is an O_PATH
   * descriptor, good after the container's end, and the receiver's to close.
   */
  readonly readAccounts: (cgroup: number, root: number) => void;
}

/** The surroundings of a live sensor: /proc, the cgroup file systems and the maps of the kernel programs. */
export class Machine implements Surroundings {
  readonly hostMntNs = namespaceId(1, 'mnt');
  readonly hostPidNs = namespaceId(process.pid, 'pid');
  readonly #kernel: Kernel;
  readonly #identification: Identification;

  constructor(kernel: Kernel, identification: Identification) {
    this.#kernel = kernel;
    this.#identification = identification;
  }

  readProcess(pid: number, entry: ProcessEntry): void {
    readProcess(pid, entry);
  }
  cgroupPathOf(pid: number, cgroup: number): string | undefined {
    return readCgroupPath(pid, hierarchyOf(cgroup, this.#kernel.hierarchy));
  }
  listCgroups(note: (cgroup: number, path: string) => void): void {
    listCgroups(this.#kernel.hierarchy, note);
  }
  containerIdOf(cgroupPath: string): string | undefined {
    return this.#identification.classify(cgroupPath);
  }
  membersOf(cgroup: number, path: string): readonly number[] {
    return groupMembers(this.#kernel.hierarchy, cgroup, path);
  }
  mountNamespaceOf(pid: number): number {
    return namespaceId(pid, 'mnt');
  }
  identify(request: IdentityRequest): void {
    this.#identification.identify(request);
  }
  askAccounts(cgroup: number, pids: readonly number[]): boolean {
    for (const pid of pids) {
      const root = openPath(`/proc/${pid}/root`);
      if (root < 0) continue;
      this.#identification.readAccounts(cgroup, root);
      return true;
    }
    return false;
  }
  markContainer(cgroup: number): void {
    this.#kernel.markContainer(BigInt(cgroup));
  }
  unmarkContainer(cgroup: number): void {
    this.#kernel.unmarkContainer(BigInt(cgroup));
  }
}
