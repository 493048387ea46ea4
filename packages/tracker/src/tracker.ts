import {
  type ContainerInfo,
  EventFlag,
  type PathResolver,
  RingView,
  RwCgroup,
  RwHdr,
  RwKind,
} from '@runward/events';
import {
  type AccountData,
  type AccountTable,
  accountNames,
  type ContainerSlot,
  ContainerTable,
  type ContainerTableState,
  type Identity,
} from './container-table.js';
import { ancestorsOutside, isInside, sharersOfRoot } from './kinship.js';
import { NameTable } from './names/name-table.js';
import { type PendingEvent, PendingEvents } from './pending.js';
import type { ProcessEntry } from './process-entry.js';
import { ProcessTable, type ProcessTableState } from './process-table.js';
import type { Surroundings } from './surroundings.js';
import { canBeContainer, unidentified } from './unidentified.js';

export interface TrackerOptions {
  readonly hostname: string;
  /** How long an event waits for its container's metadata. */
  readonly identityTimeoutMs: number;
  /** Every event that is to be judged, in order per container. The view is valid during the call only. */
  readonly onEvent: (view: RingView) => void;
  /** A container is gone, and the last of its events were handed on a while ago. */
  readonly onContainerEnd?: (container: ContainerInfo) => void;
}

export interface TrackerStats {
  readonly events: number;
  readonly malformed: number;
  readonly processes: number;
  readonly containers: number;
  readonly identityTimeouts: number;
  readonly heldTooMany: number;
}

/** What a tracker knows. Entries, slots and account tables refer to each other as objects. */
export interface TrackerState {
  readonly events: number;
  /** CLOCK_BOOTTIME of the last record. */
  readonly attachedNs: number;
  readonly nowMs: number;
  readonly sweptAtMs: number;
  readonly cgroupsListedAtMs: number;
  readonly epochOffsetNs: bigint;
  readonly hostAccounts: AccountTable;
  readonly processes: ProcessTableState;
  readonly containers: ContainerTableState;
  readonly held: ReadonlyMap<number, readonly PendingEvent[]>;
}

/** Where a record is. Valid only during the call. */
export interface RecordPlace {
  readonly data: DataView<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const MEMBERS_ASKED = 32;
const SWEEP_MS = 1000;
/** An answer given while a runtime was slow or a process was between namespaces may be wrong: ask again. */
const ASK_AGAIN_MS = 2000;
/** Listing every group takes milliseconds on a full machine; it is needed when a start was lost. */
const LIST_AGAIN_MS = 1000;

/**
 * Who acted. Takes records in the order of the ring, keeps the process and container tables, and hands each
 * event on once its container is known. Its state follows from what it was given and from what its
 * {@link Surroundings} answered, and from nothing else: time too is told, by {@link tick}.
 */
export class Tracker {
  readonly processes: ProcessTable;
  readonly containers = new ContainerTable();
  readonly view: RingView;
  readonly #surroundings: Surroundings;
  readonly #options: TrackerOptions;
  readonly #pending = new PendingEvents();
  #hostAccounts: AccountTable = accountNames({ users: [], groups: [] });
  #hostNames: NameTable | undefined = undefined;
  #events = 0;
  #malformed = 0;
  #identityTimeouts = 0;
  #heldTooMany = 0;
  #nowMs = 0;
  #sweptAtMs = 0;
  #cgroupsListedAtMs = 0;

  constructor(surroundings: Surroundings, resolver: PathResolver, options: TrackerOptions) {
    this.#surroundings = surroundings;
    this.#options = options;
    this.processes = new ProcessTable(surroundings);
    this.view = new RingView(resolver, this.processes.create(), this.#hostAccounts);
    this.view.hostname = options.hostname;
  }

  get stats(): TrackerStats {
    return {
      events: this.#events,
      malformed: this.#malformed,
      processes: this.processes.size,
      containers: this.containers.size,
      identityTimeouts: this.#identityTimeouts,
      heldTooMany: this.#heldTooMany,
    };
  }

  /** Everything this tracker knows: given to another one, that goes on as this one would. */
  get state(): TrackerState {
    return {
      events: this.#events,
      attachedNs: this.view.attachedNs,
      nowMs: this.#nowMs,
      sweptAtMs: this.#sweptAtMs,
      cgroupsListedAtMs: this.#cgroupsListedAtMs,
      epochOffsetNs: this.view.epochOffsetNs,
      hostAccounts: this.#hostAccounts,
      processes: this.processes.state,
      containers: this.containers.state,
      held: this.#pending.state,
    };
  }

  restore(state: TrackerState): void {
    this.#events = state.events;
    this.view.attachedNs = state.attachedNs;
    this.#nowMs = state.nowMs;
    this.#sweptAtMs = state.sweptAtMs;
    this.#cgroupsListedAtMs = state.cgroupsListedAtMs;
    this.setEpochOffset(state.epochOffsetNs);
    this.#hostAccounts = state.hostAccounts;
    this.processes.restore(state.processes);
    this.containers.restore(state.containers);
    this.#pending.restore(state.held);
  }

  /** Goes on numbering after this many events: some were left out of what is handed to {@link handle}. */
  skipTo(events: number): void {
    this.#events = events;
  }

  /** What turns the records' CLOCK_BOOTTIME into time since the epoch. */
  setEpochOffset(offsetNs: bigint): void {
    this.view.epochOffsetNs = offsetNs;
    this.processes.epochOffsetNs = offsetNs;
  }

  /** Names of the host's users and groups, once they are read. */
  setHostAccounts(accounts: AccountData): void {
    this.#hostAccounts = accountNames(accounts);
    this.#hostNames = new NameTable(accounts.hosts);
  }

  /** What exists at the start: the groups there are, and these processes. */
  seed(entries: readonly ProcessEntry[]): void {
    this.#noteCgroups();
    this.processes.seed(entries);
  }

  /** Monotonic time, milliseconds. Gives up on answers that are overdue and forgets what ended a while ago. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    if (!this.#pending.isEmpty) this.#expire(nowMs);
    if (nowMs - this.#sweptAtMs > SWEEP_MS) {
      this.#sweptAtMs = nowMs;
      for (const cgroup of this.containers.sweep(nowMs, this.#options.onContainerEnd))
        this.#surroundings.unmarkContainer(cgroup);
    }
  }

  /** Takes one record. */
  readonly handle = (place: RecordPlace, offset: number, length: number): void => {
    const view = this.view;
    if (!view.attach(place.data, place.bytes, offset, length)) {
      this.#malformed += 1;
      return;
    }
    this.#events += 1;
    switch (view.kind) {
      case RwKind.RW_K_FORK: {
        const child = this.processes.fork(view);
        this.#judge(child);
        return;
      }
      case RwKind.RW_K_EXEC:
        this.#judge(this.processes.exec(view));
        return;
      case RwKind.RW_K_EXIT: {
        const entry = this.processes.exit(view);
        if (entry !== undefined) this.#judge(entry);
        return;
      }
      case RwKind.RW_K_CGROUP:
        this.#noteCgroup();
        return;
      default: {
        const entry = this.processes.acting(view);
        const cwd = view.newCwd;
        if (cwd !== undefined) entry.cwd = cwd;
        this.#judge(entry);
      }
    }
  };

  #noteCgroup(): void {
    const id = this.view.wide(RwCgroup.id);
    const path = this.view.spanText(RwCgroup.path) ?? '';
    if (this.view.typeName === 'cgroupremove') {
      this.containers.remove(id, this.#nowMs);
      // Marked for its name, but nothing ever happened in it: the v1 twin of a v2 group, for one.
      if (this.containers.get(id) === undefined) this.#surroundings.unmarkContainer(id);
      return;
    }
    this.containers.notePath(id, path);
    // Named by its path: mark it now, so that not even the runtime's own first calls inside are missed.
    if (this.#surroundings.containerIdOf(path) !== undefined) this.#surroundings.markContainer(id);
  }

  #judge(entry: ProcessEntry): void {
    const view = this.view;
    view.number = this.#events;
    const cgroup = view.kind === RwKind.RW_K_FORK ? entry.cgroup : view.cgroupId;
    const slot = this.containers.get(cgroup) ?? this.#meet(cgroup, entry);
    if (slot.accountsState === 'unseen' && slot.state !== 'host') this.#askAccounts(slot, entry);
    if (slot.state === 'waiting') {
      const held = this.#pending.hold(slot, { record: view.copy(), process: entry, number: this.#events });
      if (held) return;
      this.#heldTooMany += 1;
    } else if (slot.state === 'host' && (view.flags & EventFlag.host) === 0) {
      this.#reconsider(slot, entry);
      if (this.containers.get(cgroup)?.state === 'waiting') {
        this.#judge(entry);
        return;
      }
    }
    this.#deliver(entry, slot);
  }

  #deliver(entry: ProcessEntry, slot: ContainerSlot): void {
    const view = this.view;
    view.process = entry;
    view.container = slot.info;
    view.accounts = slot.info === undefined ? this.#hostAccounts : slot.accounts;
    if (view.kind === RwKind.RW_K_FD) this.#name(slot);
    this.#options.onEvent(view);
  }

  /** Names of addresses, which only events on descriptors have; an answer of a name server tells some. */
  #name(slot: ContainerSlot): void {
    const view = this.view;
    const answer = view.nameAnswer;
    const names = this.#namesFor(slot, answer !== undefined);
    view.names = names;
    if (names === undefined) return;
    names.nowMs = view.timeMs;
    if (answer !== undefined) names.learn(answer);
  }

  #namesFor(slot: ContainerSlot, learning: boolean): NameTable | undefined {
    if (slot.info === undefined) {
      if (learning) this.#hostNames ??= new NameTable();
      return this.#hostNames;
    }
    if (slot.names !== undefined) return slot.names;
    const { hosts } = slot.accounts.data;
    if (learning || (hosts !== undefined && hosts.length > 0)) slot.names = new NameTable(hosts);
    return slot.names;
  }

  #noteCgroups(): void {
    this.#cgroupsListedAtMs = this.#nowMs;
    this.#surroundings.listCgroups((cgroup, path) => this.containers.notePath(cgroup, path));
  }

  /**
   * The path of a group first heard of through `entry`. The process may be gone and was perhaps never seen alive
   * (born before the programs were attached, ended before its first record was read), so the groups are asked too.
   */
  #pathOf(cgroup: number, entry: ProcessEntry): string {
    const known =
      this.containers.pathOf(cgroup) ??
      this.#surroundings.cgroupPathOf(entry.pid, cgroup) ??
      entry.cgroupPath;
    if (known !== '' || this.#nowMs - this.#cgroupsListedAtMs < LIST_AGAIN_MS) return known;
    this.#noteCgroups();
    return this.containers.pathOf(cgroup) ?? '';
  }

  /** First event of a cgroup. */
  #meet(cgroup: number, entry: ProcessEntry): ContainerSlot {
    const path = this.#pathOf(cgroup, entry);
    entry.cgroupPath = path;
    const named = this.#surroundings.containerIdOf(path) !== undefined;
    const ownRoot = (this.view.flags & EventFlag.host) === 0;
    if (!named && !(ownRoot && canBeContainer(path))) {
      return this.containers.add(cgroup, path, 'host', this.#nowMs, this.#hostAccounts);
    }
    return this.#ask(cgroup, path, entry, !named);
  }

  /** A cgroup taken for the host's turns out to hold a process with a root of its own. */
  #reconsider(slot: ContainerSlot, entry: ProcessEntry): void {
    if (this.#nowMs < slot.hostUntilMs) return;
    if (slot.path === '') slot.path = this.#pathOf(slot.cgroup, entry);
    if (!canBeContainer(slot.path)) return;
    this.#ask(slot.cgroup, slot.path, entry, true);
  }

  #ask(cgroup: number, path: string, entry: ProcessEntry, ownRoot: boolean): ContainerSlot {
    const slot = this.containers.add(cgroup, path, 'waiting', this.#nowMs, this.#hostAccounts);
    this.#surroundings.markContainer(cgroup);
    let outside = ancestorsOutside(entry, slot);
    if (outside.length === 0) outside = this.#membersAncestors(slot);
    this.#surroundings.identify({
      cgroup,
      cgroupPath: path,
      pid: entry.pid,
      ancestorArgs: outside.map((e) => e.args),
      ancestorCwds: outside.map((e) => e.cwd),
      ownRoot,
      ownNamespaces: this.#hasOwnNamespaces(entry),
    });
    return slot;
  }

  /** For a process whose own parents are not known: those of the others in its group. */
  #membersAncestors(slot: ContainerSlot): ProcessEntry[] {
    for (const pid of this.#surroundings.membersOf(slot.cgroup, slot.path).slice(0, MEMBERS_ASKED)) {
      const member = this.processes.byPid(pid);
      const outside = member === undefined ? [] : ancestorsOutside(member, slot);
      if (outside.length > 0) return outside;
    }
    return [];
  }

  /** What the table knows may be older than the process's last step, so the process itself is asked first. */
  #hasOwnNamespaces(entry: ProcessEntry): boolean {
    const { hostMntNs, hostPidNs } = this.#surroundings;
    const current = this.#surroundings.mountNamespaceOf(entry.pid);
    if (current !== 0) return current !== hostMntNs;
    return entry.pidNs !== hostPidNs || entry.mntNs !== hostMntNs;
  }

  /**
   * Names come from the root of the first process that has left the runtime's mount namespace. It is opened here
   * and now: a container of a few milliseconds is gone before the answer.
   */
  #askAccounts(slot: ContainerSlot, entry: ProcessEntry): void {
    let runtime = entry.parent;
    while (runtime !== undefined && isInside(runtime, slot)) runtime = runtime.parent;
    if (entry.mntNs === 0 || entry.mntNs === (runtime?.mntNs ?? this.#surroundings.hostMntNs)) return;
    // A process may have ended already, its parent not yet.
    if (!this.#surroundings.askAccounts(slot.cgroup, sharersOfRoot(entry))) return;
    slot.accountsState = 'asked';
    slot.state = 'waiting';
    slot.askedAtMs = this.#nowMs;
  }

  /** The answer to {@link Surroundings.askAccounts}. */
  accounted(cgroup: number, accounts: AccountData): void {
    const slot = this.containers.get(cgroup);
    if (slot === undefined) return;
    slot.accounts = accountNames(accounts);
    slot.accountsState = 'known';
    slot.names = undefined; // made anew, with the hosts file
    this.#settle(slot);
  }

  #settle(slot: ContainerSlot): void {
    if (slot.state === 'host' || slot.info === undefined || slot.accountsState === 'asked') return;
    slot.state = 'known';
    this.#release(slot);
  }

  /** The answer to {@link Surroundings.identify}; releases what waited. A late answer still helps later events. */
  identified(cgroup: number, identity: Identity): void {
    const slot = this.containers.get(cgroup);
    if (slot === undefined) return;
    if (identity.kind === 'host') {
      slot.state = 'host';
      slot.hostUntilMs = this.#nowMs + ASK_AGAIN_MS;
      slot.info = undefined; // what stood in while there was no answer
      this.#surroundings.unmarkContainer(cgroup);
      this.#release(slot);
    } else {
      slot.info = identity.info;
      this.#settle(slot);
    }
  }

  #expire(nowMs: number): void {
    const { identityTimeoutMs } = this.#options;
    for (const cgroup of this.#pending.cgroups()) {
      const slot = this.containers.get(cgroup);
      if (slot === undefined) {
        this.#pending.release(cgroup);
      } else if (nowMs - slot.askedAtMs > identityTimeoutMs) {
        this.#identityTimeouts += 1;
        slot.state = 'known';
        if (slot.accountsState === 'asked') slot.accountsState = 'known';
        slot.info ??= unidentified(slot.path, this.#surroundings.containerIdOf(slot.path), identityTimeoutMs);
        this.#release(slot);
      }
    }
  }

  #release(slot: ContainerSlot): void {
    const view = this.view;
    for (const event of this.#pending.release(slot.cgroup)) {
      const data = new DataView(event.record.buffer);
      if (!view.attach(data, event.record, 0, event.record.length)) continue;
      view.number = event.number;
      this.processes.asOfNs = view.wide(RwHdr.time_ns);
      this.#deliver(event.process, slot);
    }
    this.processes.asOfNs = Number.POSITIVE_INFINITY;
  }

  /** Everything still held goes out as it is. */
  releaseAll(): void {
    for (const cgroup of this.#pending.cgroups()) {
      const slot = this.containers.get(cgroup);
      if (slot === undefined) continue;
      slot.info ??= unidentified(slot.path, this.#surroundings.containerIdOf(slot.path), 0);
      this.#release(slot);
    }
  }
}
