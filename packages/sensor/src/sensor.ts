import type { AccountNames, ContainerInfo } from '@runward/events';
import { EventFlag, RingView, RwCgroup, RwKind } from '@runward/events';
import { hierarchyOf } from './cgroup-hierarchy.js';
import { groupMembers, listCgroups } from './cgroup-paths.js';
import {
  type AccountData,
  accountNames,
  type ContainerSlot,
  ContainerTable,
  type Identity,
  type IdentityRequest,
} from './container-table.js';
import type { Scope } from './dispatch-table.js';
import { bootTimeNs, epollAdd, epollCreate, epollWait, openPath } from './ffi.js';
import type { Kernel, ProgramState } from './kernel.js';
import type { OpenInterest } from './open-interest.js';
import { ProcPathResolver } from './path-resolver.js';
import { PendingEvents } from './pending.js';
import { listPids, namespaceId, readCgroupPath, readProcess } from './proc-reader.js';
import { EMPTY_IMAGE, ProcessEntry } from './process-entry.js';
import { ProcessTable } from './process-table.js';
import { type RecordPlace, RingReader } from './ring.js';

export interface SensorOptions {
  readonly hostname: string;
  /** How long an event waits for its container's metadata. */
  readonly identityTimeoutMs: number;
  /** The container a cgroup path names by itself; undefined when the path does not tell. */
  readonly classify: (cgroupPath: string) => string | undefined;
  /** Asks for a cgroup's identity; answered through {@link Sensor.identified}. */
  readonly identify: (request: IdentityRequest) => void;
  /**
   * Asks for the accounts below a container's root; answered through {@link Sensor.accounted}. `root` is an O_PATH
   * descriptor, good after the container's end, and the receiver's to close.
   */
  readonly readAccounts: (cgroup: number, root: number) => void;
  /** Every event that is to be judged, in order per container. The view is valid during the call only. */
  readonly onEvent: (view: RingView) => void;
}

export interface SensorStats {
  readonly events: number;
  readonly malformed: number;
  readonly processes: number;
  readonly containers: number;
  readonly identityTimeouts: number;
  readonly heldTooMany: number;
}

const BATCH = 4096;
const ANCESTORS_TOLD = 8;
const MEMBERS_ASKED = 32;
const CLOCK_CHECK_MS = 1000;
/** An answer given while a runtime was slow or a process was between namespaces may be wrong: ask again. */
const ASK_AGAIN_MS = 2000;
/** Listing every group takes milliseconds on a full machine; it is needed when a start was lost. */
const LIST_AGAIN_MS = 1000;
/** Sleeping and waking costs tens of microseconds in a virtual machine; being late costs at most this. */
const NAP_MS = 5;

/**
 * Kernel events with identity. Runs in one thread: `poll` waits, reads the ring, keeps the process and
 * container tables, and hands each event on once its container is known.
 */
export class Sensor {
  readonly kernel: Kernel;
  readonly processes = new ProcessTable();
  readonly containers = new ContainerTable();
  readonly view: RingView;
  readonly #options: SensorOptions;
  readonly #ring: RingReader;
  readonly #epoll: number;
  readonly #pending = new PendingEvents();
  #hostAccounts: AccountNames = accountNames({ users: [], groups: [] });
  readonly #hostPidNs = namespaceId(process.pid, 'pid');
  readonly #hostMntNs = namespaceId(1, 'mnt');
  #events = 0;
  #malformed = 0;
  #identityTimeouts = 0;
  #heldTooMany = 0;
  #checkedAtMs = 0;
  #cgroupsListedAtMs = 0;
  #napping = false;

  /** Attaches the loaded programs. */
  constructor(kernel: Kernel, options: SensorOptions) {
    this.kernel = kernel;
    this.#options = options;
    this.view = new RingView(new ProcPathResolver(), this.processes.create(), this.#hostAccounts);
    this.view.hostname = options.hostname;
    this.#syncClock();
    kernel.attach();
    this.#ring = new RingReader(this.kernel.ringFd, this.kernel.ringSize);
    this.#epoll = epollCreate();
    epollAdd(this.#epoll, this.kernel.ringFd);
    // Programs are attached before /proc is read: a process born in between is reported twice, never missed.
    this.#seed();
  }

  /** Names of the host's users and groups, once they are read. */
  setHostAccounts(accounts: AccountData): void {
    this.#hostAccounts = accountNames(accounts);
  }

  /** Also wake up `poll` when this descriptor becomes readable. */
  watch(fd: number): void {
    epollAdd(this.#epoll, fd);
  }

  get programs(): readonly ProgramState[] {
    return this.kernel.states;
  }

  get stats(): SensorStats {
    return {
      events: this.#events,
      malformed: this.#malformed,
      processes: this.processes.size,
      containers: this.containers.size,
      identityTimeouts: this.#identityTimeouts,
      heldTooMany: this.#heldTooMany,
    };
  }

  applyInterest(
    scopeOf: (typeId: number) => Scope,
    open: OpenInterest,
    dataBytes: number,
    environment: boolean,
  ): void {
    this.kernel.applyInterest(scopeOf, open, dataBytes, environment);
  }

  /** CLOCK_BOOTTIME against the wall clock, which may be set at any time. */
  #syncClock(): void {
    const wall = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
    const drift = BigInt(Math.round(Date.now() - (performance.timeOrigin + performance.now()))) * 1_000_000n;
    const offset = wall + drift - bootTimeNs();
    this.view.epochOffsetNs = offset;
    this.processes.epochOffsetNs = offset;
  }

  #seed(): void {
    this.#noteCgroups();
    const entries = listPids().map((pid) => {
      const entry = new ProcessEntry(this.processes);
      readProcess(pid, entry);
      entry.cgroupPath = this.#readPath(pid) ?? '';
      return entry;
    });
    this.processes.seed(entries.filter((e) => e.startNs !== 0 && e.image !== EMPTY_IMAGE));
  }

  #noteCgroups(): void {
    this.#cgroupsListedAtMs = performance.now();
    listCgroups(this.kernel.hierarchy, (id, path) => this.containers.notePath(id, path));
  }

  /**
   * The path of a group first heard of through `entry`. The process may be gone and was perhaps never seen alive
   * (born before the programs were attached, ended before its first record was read), so the groups are asked too.
   */
  #pathOf(cgroup: number, entry: ProcessEntry): string {
    const known =
      this.containers.pathOf(cgroup) ??
      readCgroupPath(entry.pid, hierarchyOf(cgroup, this.kernel.hierarchy)) ??
      entry.cgroupPath;
    if (known !== '' || performance.now() - this.#cgroupsListedAtMs < LIST_AGAIN_MS) return known;
    this.#noteCgroups();
    return this.containers.pathOf(cgroup) ?? '';
  }

  /** As the kernel side has it: the v2 group, or the v1 one of a task that is in no v2 group but the root. */
  #readPath(pid: number): string | undefined {
    const v1 = this.kernel.hierarchy.v1;
    const path = readCgroupPath(pid, 0);
    return v1 === undefined || (path !== undefined && path !== '/') ? path : readCgroupPath(pid, v1.id);
  }

  /**
   * Waits at most `timeoutMs` for something to happen, then handles what the ring holds. Returns the number
   * of records handled; fewer than a full batch means the ring is empty.
   */
  poll(timeoutMs: number): number {
    this.#wait(timeoutMs);
    const count = this.#ring.drain(this.#handle, BATCH);
    const now = performance.now();
    if (count > 0) this.#nap(true);
    if (!this.#pending.isEmpty) this.#expire(now);
    if (now - this.#checkedAtMs > CLOCK_CHECK_MS) {
      this.#checkedAtMs = now;
      this.#syncClock();
      for (const cgroup of this.containers.sweep(now)) this.kernel.unmarkContainer(BigInt(cgroup));
    }
    return count;
  }

  /**
   * Sleeps until there is something to read. After a batch the kernel is told not to wake this thread, which
   * looks by itself one nap later; a nap that brought nothing ends that, and it sleeps until it is woken. The
   * short sleep in between covers a program that read the old setting and had not yet committed its record.
   */
  #wait(timeoutMs: number): void {
    if (this.#ring.backlog > 0) return;
    if (!this.#napping) {
      epollWait(this.#epoll, timeoutMs);
      return;
    }
    epollWait(this.#epoll, Math.min(NAP_MS, timeoutMs));
    if (this.#ring.backlog > 0) return;
    this.#nap(false);
    if (this.#ring.backlog === 0) epollWait(this.#epoll, Math.min(NAP_MS, timeoutMs));
  }

  #nap(napping: boolean): void {
    if (this.#napping === napping) return;
    this.#napping = napping;
    this.kernel.setPolling(napping);
  }

  readonly #handle = (place: RecordPlace, offset: number, length: number): void => {
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
      this.containers.remove(id, performance.now());
      // Marked for its name, but nothing ever happened in it: the v1 twin of a v2 group, for one.
      if (this.containers.get(id) === undefined) this.kernel.unmarkContainer(BigInt(id));
      return;
    }
    this.containers.notePath(id, path);
    // Named by its path: mark it now, so that not even the runtime's own first calls inside are missed.
    if (this.#options.classify(path) !== undefined) this.kernel.markContainer(BigInt(id));
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
    this.#options.onEvent(view);
  }

  /** First event of a cgroup. */
  #meet(cgroup: number, entry: ProcessEntry): ContainerSlot {
    const path = this.#pathOf(cgroup, entry);
    entry.cgroupPath = path;
    const named = this.#options.classify(path) !== undefined;
    const ownRoot = (this.view.flags & EventFlag.host) === 0;
    if (!named && !(ownRoot && canBeContainer(path))) {
      return this.containers.add(cgroup, path, 'host', performance.now(), this.#hostAccounts);
    }
    return this.#ask(cgroup, path, entry, !named);
  }

  /** A cgroup taken for the host's turns out to hold a process with a root of its own. */
  #reconsider(slot: ContainerSlot, entry: ProcessEntry): void {
    if (performance.now() < slot.hostUntilMs) return;
    if (slot.path === '') slot.path = this.#pathOf(slot.cgroup, entry);
    if (!canBeContainer(slot.path)) return;
    this.#ask(slot.cgroup, slot.path, entry, true);
  }

  #ask(cgroup: number, path: string, entry: ProcessEntry, ownRoot: boolean): ContainerSlot {
    const slot = this.containers.add(cgroup, path, 'waiting', performance.now(), this.#hostAccounts);
    this.kernel.markContainer(BigInt(cgroup));
    let outside = ancestorsOutside(entry, slot);
    if (outside.length === 0) outside = this.#membersAncestors(slot);
    this.#options.identify({
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
    for (const pid of groupMembers(this.kernel.hierarchy, slot.cgroup, slot.path).slice(0, MEMBERS_ASKED)) {
      const member = this.processes.byPid(pid);
      const outside = member === undefined ? [] : ancestorsOutside(member, slot);
      if (outside.length > 0) return outside;
    }
    return [];
  }

  /** What the table knows may be older than the process's last step, so the process itself is asked first. */
  #hasOwnNamespaces(entry: ProcessEntry): boolean {
    const current = namespaceId(entry.pid, 'mnt');
    if (current !== 0) return current !== this.#hostMntNs;
    return entry.pidNs !== this.#hostPidNs || entry.mntNs !== this.#hostMntNs;
  }

  /**
   * Names come from the root of the first process that has left the runtime's mount namespace. The descriptor is
   * taken here and now: a container of a few milliseconds is gone before the answer.
   */
  #askAccounts(slot: ContainerSlot, entry: ProcessEntry): void {
    let runtime = entry.parent;
    while (runtime !== undefined && isInside(runtime, slot)) runtime = runtime.parent;
    if (entry.mntNs === 0 || entry.mntNs === (runtime?.mntNs ?? this.#hostMntNs)) return;
    let root = -1;
    for (let at: ProcessEntry | undefined = entry; at?.mntNs === entry.mntNs && root < 0; at = at.parent) {
      root = openPath(`/proc/${at.pid}/root`); // a process may have ended already, its parent not yet
    }
    if (root < 0) return;
    slot.accountsState = 'asked';
    slot.state = 'waiting';
    slot.askedAtMs = performance.now();
    this.#options.readAccounts(slot.cgroup, root);
  }

  /** The answer to {@link SensorOptions.readAccounts}. */
  accounted(cgroup: number, accounts: AccountData): void {
    const slot = this.containers.get(cgroup);
    if (slot === undefined) return;
    slot.accounts = accountNames(accounts);
    slot.accountsState = 'known';
    this.#settle(slot);
  }

  #settle(slot: ContainerSlot): void {
    if (slot.state === 'host' || slot.info === undefined || slot.accountsState === 'asked') return;
    slot.state = 'known';
    this.#release(slot);
  }

  /** The answer to an identity request; releases what waited for it. A late answer still helps later events. */
  identified(cgroup: number, identity: Identity): void {
    const slot = this.containers.get(cgroup);
    if (slot === undefined) return;
    if (identity.kind === 'host') {
      slot.state = 'host';
      slot.hostUntilMs = performance.now() + ASK_AGAIN_MS;
      slot.info = undefined; // what stood in while there was no answer
      this.kernel.unmarkContainer(BigInt(cgroup));
      this.#release(slot);
    } else {
      slot.info = identity.info;
      this.#settle(slot);
    }
  }

  #expire(nowMs: number): void {
    for (const cgroup of this.#pending.cgroups()) {
      const slot = this.containers.get(cgroup);
      if (slot === undefined) {
        this.#pending.release(cgroup);
      } else if (nowMs - slot.askedAtMs > this.#options.identityTimeoutMs) {
        this.#identityTimeouts += 1;
        slot.state = 'known';
        if (slot.accountsState === 'asked') slot.accountsState = 'known';
        slot.info ??= unidentified(
          slot.path,
          this.#options.classify(slot.path),
          this.#options.identityTimeoutMs,
        );
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
      this.#deliver(event.process, slot);
    }
  }

  /** Everything still held goes out as it is. */
  releaseAll(): void {
    for (const cgroup of this.#pending.cgroups()) {
      const slot = this.containers.get(cgroup);
      if (slot === undefined) continue;
      slot.info ??= unidentified(slot.path, this.#options.classify(slot.path), 0);
      this.#release(slot);
    }
  }

  /** Detaches the programs; what is still held is gone unless {@link releaseAll} came first. */
  close(): void {
    this.kernel.close();
  }
}

/** What is inside a container can claim anything, so it is passed over. */
function ancestorsOutside(entry: ProcessEntry, slot: ContainerSlot): ProcessEntry[] {
  const outside: ProcessEntry[] = [];
  for (let at = entry.parent; at !== undefined && outside.length < ANCESTORS_TOLD; at = at.parent) {
    if (!isInside(at, slot)) outside.push(at);
  }
  return outside;
}

/** A process found in /proc at start is known by its path until its first event. */
function isInside(entry: ProcessEntry, slot: ContainerSlot): boolean {
  return entry.cgroup === 0 ? entry.cgroupPath === slot.path : entry.cgroup === slot.cgroup;
}

/** Host services have private roots too; what the service manager named is no container. */
function canBeContainer(path: string): boolean {
  const leaf = path.slice(path.lastIndexOf('/') + 1);
  return leaf !== '' && leaf !== 'conmon' && !/\.(service|scope|slice|socket|mount)$/.test(leaf);
}

function unidentified(path: string, id: string | undefined, timeoutMs: number): ContainerInfo {
  const leaf = path.slice(path.lastIndexOf('/') + 1);
  const none = new Map<string, string>();
  return {
    id: id ?? leaf,
    runtime: 'unknown',
    name: id ?? leaf,
    image: '',
    imageRepository: '',
    imageTag: '',
    imageDigest: '',
    imageId: '',
    privileged: undefined,
    mounts: [],
    labels: none,
    env: [],
    user: '',
    ip: '',
    createdAtNs: 0n,
    startedAtNs: 0n,
    hostPid: undefined,
    hostNetwork: undefined,
    hostIpc: undefined,
    pod: undefined,
    metadata: 'path-only',
    metadataProblem:
      timeoutMs > 0 ? `no runtime named it within ${timeoutMs} ms` : 'the sensor stopped first',
  };
}
