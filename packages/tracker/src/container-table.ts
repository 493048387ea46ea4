import type { AccountNames, ContainerInfo } from '@runward/events';
import type { HostsEntry, NameTable } from './names/name-table.js';

/** Names of users and groups as plain data, so that they travel between threads. */
export interface AccountData {
  readonly users: readonly {
    readonly uid: number;
    readonly name: string;
    readonly home: string;
    readonly shell: string;
  }[];
  readonly groups: readonly { readonly gid: number; readonly name: string }[];
  /** Names the hosts file gives to addresses. */
  readonly hosts?: readonly HostsEntry[] | undefined;
}

/** What identification found out: a container with its metadata, or that the cgroup is none. */
export type Identity =
  | { readonly kind: 'container'; readonly info: ContainerInfo }
  | { readonly kind: 'host' };

/** Why a cgroup is asked about. */
export interface IdentityRequest {
  readonly cgroup: number;
  readonly cgroupPath: string;
  readonly pid: number;
  /** argv of the process's ancestors, nearest first: runtimes leave their state directory there. */
  readonly ancestorArgs: readonly (readonly string[])[];
  readonly ancestorCwds: readonly string[];
  /** The asking process has a mount namespace (or at least a pid namespace) that is not the host's. */
  readonly ownNamespaces: boolean;
  /** The path alone does not name a container, but its processes have a root of their own. */
  readonly ownRoot: boolean;
}

/** One cgroup. `waiting`: its identity or accounts were asked for and events are held until they are known. */
export interface ContainerSlot {
  readonly cgroup: number;
  path: string;
  state: 'host' | 'waiting' | 'known';
  info: ContainerInfo | undefined;
  /** The host's until a process with a root of its own is seen: a runtime's first steps are the host's. */
  accounts: AccountTable;
  accountsState: 'unseen' | 'asked' | 'known';
  /** Absent as long as nothing named an address. */
  names?: NameTable | undefined;
  /** Asked about and found to be none: not asked again before this (monotonic ms). */
  hostUntilMs: number;
  /** Monotonic ms when waiting began. */
  askedAtMs: number;
  removedAtMs: number;
}

/** Looks names up, and still knows what it was made of. */
export class AccountTable implements AccountNames {
  readonly data: AccountData;
  readonly #users: ReadonlyMap<number, AccountData['users'][number]>;
  readonly #groups: ReadonlyMap<number, string>;

  constructor(data: AccountData) {
    this.data = data;
    this.#users = new Map(data.users.map((u) => [u.uid, u]));
    this.#groups = new Map(data.groups.map((g) => [g.gid, g.name]));
  }
  userName(uid: number): string | undefined {
    return this.#users.get(uid)?.name;
  }
  userHome(uid: number): string | undefined {
    return this.#users.get(uid)?.home;
  }
  userShell(uid: number): string | undefined {
    return this.#users.get(uid)?.shell;
  }
  groupName(gid: number): string | undefined {
    return this.#groups.get(gid);
  }
}

export const accountNames = (data: AccountData): AccountTable => new AccountTable(data);

export interface ContainerTableState {
  readonly slots: readonly ContainerSlot[];
  readonly paths: readonly (readonly [cgroup: number, path: string])[];
}

const FORGET_AFTER_MS = 10_000;

/**
 * Which container a cgroup is. A removed cgroup stays known for ten seconds, because events of its last
 * processes may still be on their way.
 */
export class ContainerTable {
  readonly #slots = new Map<number, ContainerSlot>();
  readonly #paths = new Map<number, string>();
  /** The slot asked for last, while it is one of the table. */
  #last: ContainerSlot | undefined;

  get size(): number {
    return this.#slots.size;
  }

  get(cgroup: number): ContainerSlot | undefined {
    const last = this.#last; // events come in runs of one container
    if (last !== undefined && last.cgroup === cgroup) return last;
    this.#last = this.#slots.get(cgroup);
    return this.#last;
  }

  /** A cgroup the kernel just told us of, or that was found at start. */
  notePath(cgroup: number, path: string): void {
    this.#paths.set(cgroup, path);
  }

  pathOf(cgroup: number): string | undefined {
    return this.#paths.get(cgroup);
  }

  add(
    cgroup: number,
    path: string,
    state: ContainerSlot['state'],
    nowMs: number,
    accounts: AccountTable,
  ): ContainerSlot {
    const slot: ContainerSlot = {
      cgroup,
      path,
      state,
      info: undefined,
      accounts,
      accountsState: 'unseen',
      askedAtMs: nowMs,
      hostUntilMs: 0,
      removedAtMs: 0,
    };
    this.#slots.set(cgroup, slot);
    this.#last = slot;
    return slot;
  }

  /** Everything known, for {@link restore} elsewhere. */
  get state(): ContainerTableState {
    return { slots: [...this.#slots.values()], paths: [...this.#paths] };
  }

  restore(state: ContainerTableState): void {
    this.#slots.clear();
    this.#paths.clear();
    for (const slot of state.slots) this.#slots.set(slot.cgroup, slot);
    for (const [cgroup, path] of state.paths) this.#paths.set(cgroup, path);
  }

  containers(): ContainerInfo[] {
    const infos: ContainerInfo[] = [];
    for (const slot of this.#slots.values()) {
      if (slot.info !== undefined && slot.removedAtMs === 0) infos.push(slot.info);
    }
    return infos;
  }

  /** The same by cgroup; a container may have several. */
  *groups(): Generator<readonly [cgroup: number, info: ContainerInfo]> {
    for (const slot of this.#slots.values()) if (slot.info !== undefined) yield [slot.cgroup, slot.info];
  }

  remove(cgroup: number, nowMs: number): void {
    this.#paths.delete(cgroup);
    const slot = this.#slots.get(cgroup);
    if (slot !== undefined) slot.removedAtMs = nowMs;
  }

  /**
   * Drops slots whose cgroup went away a while ago; returns the cgroups forgotten. `onEnd` is told of a container
   * when the last of its groups is: it may make and remove groups of its own as it likes.
   */
  sweep(nowMs: number, onEnd: (container: ContainerInfo) => void = () => undefined): number[] {
    const gone: ContainerSlot[] = [];
    for (const slot of this.#slots.values()) {
      if (slot.removedAtMs !== 0 && nowMs - slot.removedAtMs > FORGET_AFTER_MS) gone.push(slot);
    }
    for (const { cgroup } of gone) this.#slots.delete(cgroup);
    this.#last = undefined;
    for (const { info } of gone) if (info !== undefined && !this.#has(info.id)) onEnd(info);
    return gone.map((slot) => slot.cgroup);
  }

  #has(id: string): boolean {
    for (const { info } of this.#slots.values()) if (info?.id === id) return true;
    return false;
  }
}
