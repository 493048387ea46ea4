import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { closeFd, openPath } from '@runward/native';
import {
  fanotifyAdd,
  fanotifyRemove,
  openBelow,
  openReadOnly,
  pidfdOpen,
  STATX_BYTES,
  statxInto,
  type Waiter,
} from '@runward/native/fanotify';
import type { KernelTables } from '@runward/policy';
import { type HostMounts, hostMounts, type PlannedMark, planMarks } from './mark-plan.js';
import type { GuardedContainer, MarkReport, UnmarkedMount } from './messages.js';
import { type Mount, namesThrough, parseMounts, placeInFileSystem } from './mountinfo.js';

const MOUNT_ID = 144;
const NAMESPACES_PER_CONTAINER = 16;
/** Of the time that following a container's mounts takes, so many times is left to answers. */
const SHARE = 4;
const REACH_TRIES = 5;
const EAGAIN = 11;
const NOT_IT = -10_000; // no errno
const OF_THE_KERNEL = /^(?:proc|sysfs|cgroup2?|devpts|tmpfs|securityfs|debugfs|tracefs|mqueue)$/;

/** The mounts of one mount namespace as a process of it sees them. */
interface View {
  readonly container: Container;
  readonly pid: number;
  readonly namespace: string;
  /** Readable once the process has ended; ready with priority when mounts change. */
  readonly pidfd: number;
  readonly changes: number;
  mounts: readonly Mount[];
  notBeforeMs: number;
  /** What is marked, by {@link markKey}. */
  marks: ReadonlyMap<string, PlannedMark>;
}

interface Container {
  facts: GuardedContainer;
  tables: KernelTables;
  /** The first is that of the container's own namespace. */
  readonly views: View[];
  /** By device: an O_PATH descriptor of the upper layer, or negative. */
  readonly uppers: Map<string, number>;
}

/** A file's mount, and the container whose it is. */
export interface KnownMount {
  readonly facts: GuardedContainer;
  /** The container's own mount namespace. */
  readonly namespace: string;
  readonly mount: Mount;
  /** All mounts of the container that show the same file system, in its own namespace. */
  readonly alike: readonly Mount[];
  /** Of its overlay's upper layer: a descriptor, or negative. */
  readonly upper: number;
  readonly isRoot: boolean;
}

/**
 * The mounts of guarded containers: marks them, follows their changes, and says what mount a file was reached by.
 * Nothing here opens a file of a container or waits for a file system: what is walked is in the kernel's cache of names.
 */
export class GuardedMounts {
  /** By mount namespace: whichever of its processes names it, a container is one. */
  readonly #containers = new Map<string, Container>();
  readonly #known = new Map<number, KnownMount>();
  readonly #views = new Map<number, View>();
  readonly #changed = new Set<View>();
  readonly #statx = new Uint8Array(STATX_BYTES);
  readonly #statxView = new DataView(this.#statx.buffer);
  #host: HostMounts = hostMounts([]);

  constructor(
    private readonly fanotify: number,
    private readonly waiter: Waiter,
    private readonly note: (unmarked: UnmarkedMount, pid: number) => void,
  ) {}

  /**
   * Marks a container's mounts for a set; anew where it is bound already, without a gap.
   *
   * @returns why it cannot be, or what is marked
   */
  bind(facts: GuardedContainer, tables: KernelTables): MarkReport | string {
    const namespace = namespaceOf(facts.pid);
    const bound = this.#containers.get(namespace);
    if (bound !== undefined) {
      Object.assign(bound, { facts, tables });
      return bound.views.map((view) => this.#refresh(view))[0] ?? 'its process has ended';
    }
    if (namespace === namespaceOf('self'))
      return 'it has no mount namespace of its own: to mark its mounts would be to mark those of the host';
    const container: Container = { facts, tables, views: [], uppers: new Map() };
    const view = this.#view(container, facts.pid);
    if (view === undefined) return 'its process has ended';
    this.#containers.set(view.namespace, container);
    return this.#refresh(view);
  }

  /** By any process of the container, or the one it was bound by. */
  unbind(pid: number): void {
    const namespace = namespaceOf(pid);
    for (const [key, container] of this.#containers)
      if (key === namespace || container.facts.pid === pid) this.#release(key, container);
  }

  #release(key: string, container: Container): void {
    this.#containers.delete(key);
    for (const view of [...container.views]) {
      for (const mark of view.marks.values()) this.#unmark(view, mark, mark.mask);
      this.#drop(view);
    }
    for (const fd of container.uppers.values()) if (fd >= 0) closeFd(fd);
  }

  /** A descriptor that was waited for is ready; it may be another's. A change of mounts is told once. */
  ready(fd: number): void {
    const view = this.#views.get(fd);
    if (view === undefined) return;
    if (fd === view.pidfd) this.#ended(view);
    else this.#changed.add(view);
  }

  /**
   * Follows what has changed. Called with each batch of events, so that what is judged is judged by the mounts as they
   * are. A container that mounts without end gets a share of the time, so that others are answered.
   *
   * @returns in how many milliseconds to call again; -1: when something changes
   */
  catchUp(): number {
    for (let i = this.waiter.wait(0) - 1; i >= 0; i -= 1) this.ready(this.waiter.at(i));
    let waitMs = -1;
    for (const view of [...this.#changed]) {
      const nowMs = performance.now();
      const leftMs = Math.ceil(view.notBeforeMs - nowMs);
      if (leftMs > 0) {
        waitMs = waitMs < 0 ? leftMs : Math.min(waitMs, leftMs);
        continue;
      }
      this.#changed.delete(view);
      for (const unmarked of this.#refresh(view).unmarked) this.note(unmarked, view.container.facts.pid);
      const endMs = performance.now();
      view.notBeforeMs = endMs + SHARE * (endMs - nowMs);
    }
    return waitMs;
  }

  /**
   * The mount with this number; undefined for one that is of no guarded container and in no namespace `tid` is in. A
   * namespace that a container's process has made meanwhile is marked as well.
   */
  find(id: number, tid: number): KnownMount | undefined {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const namespace = namespaceOf(tid);
    const mounts = readMounts(tid);
    const mount = mounts.find((one) => one.id === id);
    if (mount === undefined) return undefined;
    const container = this.#containerWith(mount);
    if (container === undefined) return undefined;
    this.#follow(container, tid, namespace);
    return this.#known.get(id) ?? knownMount(container, mount);
  }

  /** A process of a container that starts a program may have gone to a mount namespace of its own before. */
  follow(known: KnownMount, tid: number): void {
    const container = this.#containers.get(known.namespace);
    if (container !== undefined) this.#follow(container, tid, namespaceOf(tid));
  }

  #follow(container: Container, tid: number, namespace: string): void {
    const isKnown = namespace === '' || container.views.some((view) => view.namespace === namespace);
    if (isKnown || container.views.length >= NAMESPACES_PER_CONTAINER) return;
    const view = this.#view(container, tid);
    if (view === undefined) return;
    for (const unmarked of this.#refresh(view).unmarked) this.note(unmarked, container.facts.pid);
  }

  close(): void {
    for (const [key, container] of this.#containers) this.#release(key, container);
  }

  #containerWith({ device }: Mount): Container | undefined {
    for (const container of this.#containers.values())
      if (container.views[0]?.mounts.some((mount) => mount.device === device)) return container;
    return undefined;
  }

  #view(container: Container, pid: number): View | undefined {
    const pidfd = pidfdOpen(pid);
    const changes = openReadOnly(`/proc/${pid}/mountinfo`);
    const namespace = namespaceOf(pid);
    if (pidfd < 0 || changes < 0 || namespace === '') {
      for (const fd of [pidfd, changes]) if (fd >= 0) closeFd(fd);
      return undefined;
    }
    const view: View = {
      container,
      pid,
      namespace,
      pidfd,
      changes,
      notBeforeMs: 0,
      mounts: [],
      marks: new Map(),
    };
    this.waiter.add(pidfd);
    this.waiter.add(changes, true);
    this.#views.set(pidfd, view);
    this.#views.set(changes, view);
    container.views.push(view);
    return view;
  }

  #drop(view: View): void {
    const { views } = view.container;
    for (const fd of [view.pidfd, view.changes]) {
      this.waiter.remove(fd);
      this.#views.delete(fd);
      closeFd(fd);
    }
    this.#changed.delete(view);
    for (const { id } of view.mounts) this.#known.delete(id);
    views.splice(views.indexOf(view), 1);
  }

  /**
   * Another process of the namespace is looked to. Where there is none the open list of mounts goes at once: it keeps
   * the namespace alive, and with it what a runtime wants to unmount.
   */
  #ended(view: View): void {
    const { container, namespace } = view;
    if (namespaceOf(view.pid) === namespace) return; // a descriptor of this number was another's just before
    const isMain = container.views[0] === view;
    const heir = heirOf(view);
    this.#drop(view);
    const next = heir === undefined ? undefined : this.#view(container, heir);
    if (next === undefined) {
      if (isMain) this.#release(namespace, container);
      return;
    }
    next.marks = view.marks;
    if (isMain) {
      container.views.splice(container.views.indexOf(next), 1);
      container.views.unshift(next);
    }
    for (const unmarked of this.#refresh(next).unmarked) this.note(unmarked, heir ?? 0);
  }

  /** Reads a namespace's mounts anew and marks what is to be marked, then takes away what is too much. */
  #refresh(view: View): MarkReport {
    const { container } = view;
    const mounts = readMounts(view.pid);
    if (mounts.length === 0) return { marked: 0, unmarked: [] };
    this.#host = hostMounts(readMounts('self'));
    for (const { id } of view.mounts) this.#known.delete(id);
    view.mounts = mounts;
    const isMain = container.views[0] === view;
    if (isMain) this.#openUppers(container, mounts);
    for (const mount of mounts) this.#known.set(mount.id, knownMount(container, mount));
    const plan = planMarks(mounts, container.tables, this.#host);
    const before = view.marks;
    const marks = new Map<string, PlannedMark>();
    const failures = new Map<string, UnmarkedMount>();
    for (const mark of plan.marks) {
      const key = markKey(mark);
      if (
        marks.has(key) ||
        (!isMain && mark.kind === 'filesystem' && this.#isOwnDevice(container, mark.mount))
      )
        continue;
      const problem =
        before.get(key)?.mask === mark.mask ? undefined : this.#mark(view, mark, mark.mask, true);
      if (problem === undefined) marks.set(key, mark);
      else failures.set(key, { point: mark.mount.point, problem });
    }
    const failed = [...failures].flatMap(([key, failure]) => (marks.has(key) ? [] : [failure]));
    for (const [key, old] of before) {
      const excess = old.mask & ~(marks.get(key)?.mask ?? 0);
      if (excess !== 0) this.#unmark(view, old, excess);
    }
    view.marks = marks;
    return { marked: marks.size, unmarked: [...plan.unmarked, ...failed] };
  }

  #unmark(view: View, mark: PlannedMark, mask: number): void {
    const isShared = [...this.#containers.values()].some((container) =>
      container.views.some(
        ({ marks }) =>
          view.marks !== marks && [...marks.values()].some(({ mount }) => mount.device === mark.mount.device),
      ),
    );
    if (mark.kind === 'mount' || !isShared) this.#mark(view, mark, mask, false);
  }

  #isOwnDevice = (container: Container, { device }: Mount): boolean =>
    container.views[0]?.mounts.some((mount) => mount.device === device) ?? false;

  #openUppers(container: Container, mounts: readonly Mount[]): void {
    for (const { device, upper } of mounts) {
      if (upper === undefined || container.uppers.has(device)) continue;
      container.uppers.set(device, openPath(upper));
    }
  }

  /** The mount is reached without links and its number compared: a container may move what lies on the way. */
  #mark(view: View, { mount, kind }: PlannedMark, mask: number, add: boolean): string | undefined {
    const root = openPath(`/proc/${view.pid}/root`);
    if (root < 0) return 'its process has ended';
    const fd = this.#reach(root, view.mounts, mount);
    closeFd(root);
    if (fd < 0) return fd === NOT_IT ? 'another mount lies over it' : `it cannot be reached (error ${-fd})`;
    const change = add ? fanotifyAdd : fanotifyRemove;
    const result = change(this.fanotify, kind, mask, `/proc/self/fd/${fd}`);
    closeFd(fd);
    return result < 0 ? `the kernel refuses to mark it (error ${-result})` : undefined;
  }

  /** Where a name is not in the cache: only through mounts whose names the kernel itself knows. */
  #reach(root: number, mounts: readonly Mount[], mount: Mount): number {
    let fd = openBelow(root, mount.point, 'cached');
    for (let i = 1; i < REACH_TRIES && fd === -EAGAIN; i += 1) fd = openBelow(root, mount.point, 'cached');
    if (fd === -EAGAIN) fd = this.#reachThrough(root, mounts, mount);
    if (fd < 0) return fd;
    const isIt =
      statxInto(fd, this.#statx) === 0 && Number(this.#statxView.getBigUint64(MOUNT_ID, true)) === mount.id;
    if (!isIt) closeFd(fd);
    return isIt ? fd : NOT_IT;
  }

  #reachThrough(root: number, mounts: readonly Mount[], mount: Mount): number {
    const parent = mounts.find(({ id }) => id === mount.parent);
    if (parent === undefined || parent === mount || !OF_THE_KERNEL.test(parent.type)) return -EAGAIN;
    const below = this.#reach(root, mounts, parent);
    if (below < 0) return below;
    const names = mount.point.slice(parent.point === '/' ? 1 : parent.point.length + 1).split('/');
    const last = names.pop() ?? '';
    const folder = names.length === 0 ? below : openBelow(below, names.join('/'), 'inside');
    const fd = folder < 0 ? folder : openBelow(folder, last, 'any');
    if (folder >= 0 && folder !== below) closeFd(folder);
    closeFd(below);
    return fd;
  }
}

/** Of a file system marked as a whole one mark is enough, whichever of its mounts it is set by. */
const markKey = ({ kind, mount: { id, device, root, point } }: PlannedMark): string =>
  kind === 'filesystem' ? device : `${id} ${device} ${root} ${point}`;

function knownMount(container: Container, mount: Mount): KnownMount {
  const own = container.views[0]?.mounts ?? [];
  return {
    facts: container.facts,
    namespace: container.views[0]?.namespace ?? '',
    mount,
    alike: own.filter((other) => other.device === mount.device),
    upper: container.uppers.get(mount.device) ?? -1,
    isRoot: own.some(({ point, device }) => point === '/' && device === mount.device),
  };
}

const NO_NAMES: readonly Uint8Array[] = [];

/**
 * The names of a file besides its path, by which it was reached through a mount; undefined when they cannot be told.
 */
export function otherNames(
  { mount, alike }: KnownMount,
  file: { readonly pathText: string },
): readonly Uint8Array[] | undefined {
  if (alike.length === 1 && alike[0]?.id === mount.id) return NO_NAMES;
  const path = file.pathText;
  const place = placeInFileSystem(mount, path);
  if (place === undefined) return undefined;
  const names = namesThrough(alike, mount.device, place).filter((name) => name !== path);
  return names.length === 0 ? NO_NAMES : names.map((name) => Buffer.from(name, 'latin1'));
}

/** Some other process of a namespace. */
function heirOf({ pid, namespace }: View): number | undefined {
  for (const name of readdirSync('/proc'))
    if (/^\d+$/.test(name) && Number(name) !== pid && namespaceOf(Number(name)) === namespace)
      return Number(name);
  return undefined;
}

function readMounts(pid: number | 'self'): Mount[] {
  try {
    return parseMounts(readFileSync(`/proc/${pid}/mountinfo`, 'latin1'));
  } catch {
    return []; // it has ended
  }
}

function namespaceOf(pid: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return '';
  }
}
