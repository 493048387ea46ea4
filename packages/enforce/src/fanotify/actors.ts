import { readFileSync, statSync } from 'node:fs';
import { closeFd, mapLookup } from '@runward/native';
import { pidfdOpen, readFileInto } from '@runward/native/fanotify';
import { type ContainerHierarchy, namespaceId } from '@runward/sensor';
import { RwBinding, RwMember } from '../layout.generated.js';

/** Who acts, where it is a process of a bound container. */
export interface Actor {
  readonly set: number;
  /** The cgroup it is bound by. */
  readonly cgroup: number;
  /** Names the classes below: see KernelTables. */
  readonly classHash: bigint;
  readonly own: bigint;
  readonly ancestors: bigint;
}

const V1_ID = 2 ** 52;

/**
 * Who a thread is, by the marks of the kernel's programs: exec sets them, fork hands them on. Asked anew each time,
 * while the thread is stopped and its number is nobody else's; nothing is remembered that could go stale.
 */
export class Actors {
  readonly #members: number;
  readonly #bound: number;
  readonly #hierarchy: ContainerHierarchy;
  readonly #hostMounts = namespaceId(1, 'mnt');
  readonly #pidfd = new Int32Array(1);
  readonly #pidfdBytes = new Uint8Array(this.#pidfd.buffer);
  readonly #member = new Uint8Array(RwMember.size);
  readonly #memberView = new DataView(this.#member.buffer);
  readonly #cgroup = new BigUint64Array(1);
  readonly #cgroupBytes = new Uint8Array(this.#cgroup.buffer);
  readonly #binding = new Uint8Array(RwBinding.size);
  readonly #bindingView = new DataView(this.#binding.buffer);
  readonly #text = new Uint8Array(4096);

  /** Descriptors of the kernel's maps `rw_members` and `rw_bound`. */
  constructor(maps: { readonly members: number; readonly bound: number }, hierarchy: ContainerHierarchy) {
    this.#members = maps.members;
    this.#bound = maps.bound;
    this.#hierarchy = hierarchy;
  }

  /** A process of a bound container; undefined for its runtime and all others. */
  of(tid: number): Actor | undefined {
    if (!this.#findMember(tid)) {
      const leader = this.leaderOf(tid);
      if (leader === tid || leader === 0 || !this.#findMember(leader)) return undefined;
    }
    const home = this.#memberView.getBigUint64(RwMember.home, true);
    const set = home === 0n ? undefined : this.#setOf(home);
    if (set === undefined) return undefined;
    return {
      set,
      cgroup: Number(home),
      classHash: this.#memberView.getBigUint64(RwMember.class_hash, true),
      own: this.#memberView.getBigUint64(RwMember.own, true),
      ancestors: this.#memberView.getBigUint64(RwMember.ancestors, true),
    };
  }

  /**
   * A runtime that is about to start a program in a bound container: it is in one of its cgroups and has left the
   * host's mounts behind.
   */
  starting(tid: number): Actor | undefined {
    if (namespaceId(tid, 'mnt') === this.#hostMounts) return undefined;
    for (const cgroup of this.#cgroupsOf(tid)) {
      const set = this.#setOf(BigInt(cgroup));
      if (set !== undefined) return { set, cgroup, classHash: 0n, own: 0n, ancestors: 0n };
    }
    return undefined;
  }

  /** The process a thread belongs to; 0 when it is gone. */
  leaderOf(tid: number): number {
    const length = readFileInto(`/proc/${tid}/status`, this.#text);
    if (length <= 0) return 0;
    return Number(
      /^Tgid:\s*(\d+)/m.exec(Buffer.from(this.#text.subarray(0, length)).toString('latin1'))?.[1] ?? 0,
    );
  }

  #findMember(tid: number): boolean {
    const pidfd = pidfdOpen(tid);
    if (pidfd < 0) return false;
    this.#pidfd[0] = pidfd;
    const found = mapLookup(this.#members, this.#pidfdBytes, this.#member);
    closeFd(pidfd);
    return found && this.#memberView.getBigUint64(RwMember.home, true) !== 0n;
  }

  #setOf(cgroup: bigint): number | undefined {
    this.#cgroup[0] = cgroup;
    if (!mapLookup(this.#bound, this.#cgroupBytes, this.#binding)) return undefined;
    return this.#bindingView.getUint32(RwBinding.set, true);
  }

  #cgroupsOf(tid: number): number[] {
    const { v1, v2Folder } = this.#hierarchy;
    try {
      return readFileSync(`/proc/${tid}/cgroup`, 'utf8')
        .split('\n')
        .flatMap((line) => {
          const [, hierarchy = '', path = ''] = /^(\d+):[^:]*:(.*)$/.exec(line) ?? [];
          if (hierarchy === '0' && v2Folder !== undefined) return [statSync(v2Folder + path).ino];
          return v1 !== undefined && Number(hierarchy) === v1.id
            ? [V1_ID + statSync(v1.folder + path).ino]
            : [];
        });
    } catch {
      return []; // it has ended
    }
  }
}
