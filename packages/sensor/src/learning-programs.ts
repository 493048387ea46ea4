import { CAPABILITIES, RwLearnt, syscallNames } from '@runward/events';
import { type BpfObject, mapDelete, mapLookup } from '@runward/native';
import { LEARNING_PROGRAMS } from './programs.js';

/** What a container's programs were seen to do, by name. */
export interface Learnt {
  readonly calls: readonly string[];
  /** Without `CAP_`. */
  readonly capabilities: readonly string[];
}

/**
 * Which system calls containers make and which capabilities they are granted, counted by the kernel: for all
 * containers while {@link start} is in force, by cgroup.
 */
export class LearningPrograms {
  readonly #object: BpfObject;
  readonly #mapFd: number;
  readonly #value = new Uint8Array(RwLearnt.size);
  /** What was told of a group already. */
  readonly #known = new Map<number, Uint8Array>();
  #links: readonly bigint[] = [];

  constructor(object: BpfObject) {
    this.#object = object;
    this.#mapFd = object.mapFd('rw_learnt_groups');
  }

  /** Attaches what this kernel has; the names of the programs that could not be. Idempotent. */
  start(): readonly string[] {
    if (this.#links.length > 0) return [];
    const missing: string[] = [];
    const links: bigint[] = [];
    for (const { name } of LEARNING_PROGRAMS) {
      const link = this.#object.programFd(name) < 0 ? undefined : this.#object.attachForNow(name);
      if (link === undefined) missing.push(name);
      else links.push(link);
    }
    this.#links = links;
    return missing;
  }

  /** Detaches, and forgets what was counted of these groups. */
  stop(groups: Iterable<number>): void {
    for (const link of this.#links) this.#object.detach(link);
    this.#links = [];
    for (const group of [...groups, ...this.#known.keys()]) this.forget(group);
  }

  /** What a group did that was not told before; undefined: nothing. */
  read(group: number): Learnt | undefined {
    if (!mapLookup(this.#mapFd, keyOf(group), this.#value)) return undefined;
    const known = this.#known.get(group) ?? new Uint8Array(RwLearnt.size);
    const fresh = (at: number, names: readonly (string | undefined)[]): string[] => {
      const found: string[] = [];
      for (const [number, name] of names.entries()) {
        if (this.#value[at + number] !== 1 || known[at + number] === 1) continue;
        known[at + number] = 1;
        if (name !== undefined) found.push(name);
      }
      return found;
    };
    const calls = [...fresh(RwLearnt.native, NATIVE), ...fresh(RwLearnt.compat, COMPAT)];
    const capabilities = fresh(RwLearnt.capabilities, CAPABILITIES).map((name) => name.replace('CAP_', ''));
    this.#known.set(group, known);
    return calls.length + capabilities.length === 0 ? undefined : { calls, capabilities };
  }

  /** A group that is gone, or that nobody learns any more. */
  forget(group: number): void {
    this.#known.delete(group);
    mapDelete(this.#mapFd, keyOf(group));
  }
}

const keyOf = (group: number): Uint8Array => new Uint8Array(new BigUint64Array([BigInt(group)]).buffer);

/** x32 has numbers of its own from 512 on (arch/x86/entry/syscalls/syscall_64.tbl). */
const X32 = `rt_sigaction rt_sigreturn ioctl readv writev recvfrom sendmsg recvmsg execve ptrace rt_sigpending
  rt_sigtimedwait rt_sigqueueinfo sigaltstack timer_create mq_notify kexec_load waitid set_robust_list get_robust_list
  vmsplice move_pages preadv pwritev rt_tgsigqueueinfo recvmmsg sendmmsg process_vm_readv process_vm_writev setsockopt
  getsockopt io_setup io_submit execveat preadv2 pwritev2`.split(/\s+/);
const FIRST_X32 = 512;

const NATIVE = ((): readonly (string | undefined)[] => {
  if (process.arch === 'arm64') return syscallNames('arm64');
  const names = [...syscallNames('x64')];
  for (const [i, name] of X32.entries()) names[FIRST_X32 + i] = name;
  return names;
})();
/** Numbers of arm's own table are not known: of its 32-bit programs nothing is counted. */
const COMPAT = process.arch === 'arm64' ? [] : syscallNames('compat');
