import { type RingView, RwExec, RwFork, RwHdr } from '@runward/events';
import { type Kin, ProcessEntry } from './process-entry.js';
import { ExecImage } from './process-image.js';
import type { ProcessSource } from './surroundings.js';

const KEPT_EXITED = 2048;
const MAX_DEPTH = 128;
const KEPT_DEPTH = 64;

export interface ProcessTableState {
  readonly entries: readonly ProcessEntry[];
  /** Those that ended, in the order in which they are let go; undefined for one that is not in the table any more. */
  readonly exited: readonly (ProcessEntry | undefined)[];
  readonly exitedNext: number;
}

/**
 * Every living process, and the last two thousand that ended, so that a parent can still be named.
 *
 * Memory is bounded: one entry per living process, {@link KEPT_EXITED} ended ones, and ancestors of living
 * ones up to {@link MAX_DEPTH} deep.
 */
export class ProcessTable implements Kin {
  epochOffsetNs = 0n;
  asOfNs = Number.POSITIVE_INFINITY;
  readonly #entries = new Map<number, ProcessEntry>();
  #exited: (ProcessEntry | undefined)[] = [];
  readonly #source: ProcessSource;
  #exitedNext = 0;

  /** `source` tells of processes nobody announced. */
  constructor(source: ProcessSource) {
    this.#source = source;
  }

  get size(): number {
    return this.#entries.size;
  }

  byPid(pid: number): ProcessEntry | undefined {
    return this.#entries.get(pid);
  }

  living(): ProcessEntry[] {
    return [...this.#entries.values()].filter((e) => !e.exited);
  }

  /** Adds processes found in /proc at start; parents first is not needed, links are by number. */
  seed(entries: readonly ProcessEntry[]): void {
    for (const entry of entries) this.#entries.set(entry.pid, entry);
  }

  /** Everything known, for {@link restore} elsewhere. */
  get state(): ProcessTableState {
    return {
      entries: [...this.#entries.values()],
      exited: this.#exited.map((e) => (e !== undefined && this.#entries.get(e.pid) === e ? e : undefined)),
      exitedNext: this.#exitedNext,
    };
  }

  /** Takes over what another table knew; its entries were made by {@link create} of this one. */
  restore(state: ProcessTableState): void {
    this.#entries.clear();
    for (const entry of state.entries) this.#put(entry);
    this.#exited = state.exited.slice(0, KEPT_EXITED);
    this.#exitedNext = state.exitedNext % KEPT_EXITED;
  }

  create(): ProcessEntry {
    return new ProcessEntry(this);
  }

  /** The process an event belongs to, brought up to date with the credentials the event carries. */
  acting(view: RingView): ProcessEntry {
    const pid = view.pid;
    let entry = this.#entries.get(pid);
    if (entry === undefined || !isSame(entry, view.startNs)) entry = this.#adopt(view);
    if (entry.cgroup === 0) entry.cgroup = view.cgroupId; // found in /proc, which tells paths only
    const uid = view.u32(RwHdr.uid);
    const euid = view.u32(RwHdr.euid);
    const gid = view.u32(RwHdr.gid);
    const egid = view.u32(RwHdr.egid);
    if (entry.uid !== uid || entry.euid !== euid || entry.gid !== gid || entry.egid !== egid) {
      entry = this.#renew(entry);
      entry.uid = uid;
      entry.euid = euid;
      entry.gid = gid;
      entry.egid = egid;
    }
    const effective = view.u32(RwHdr.cap_effective);
    if (entry.capEffectiveLow !== effective || entry.capPermittedLow !== view.u32(RwHdr.cap_permitted)) {
      entry = this.#renew(entry);
      this.#refreshCapabilities(entry, view);
    }
    return entry;
  }

  /** What changes is a copy: events that wait for their container's identity keep who the process was. */
  #renew(entry: ProcessEntry): ProcessEntry {
    if (entry.exited) return entry; // already on its way out of the table
    const next = entry.copy();
    this.#put(next);
    return next;
  }

  #refreshCapabilities(entry: ProcessEntry, view: RingView): void {
    entry.capEffectiveLow = view.u32(RwHdr.cap_effective);
    entry.capPermittedLow = view.u32(RwHdr.cap_permitted);
    entry.effective = view.big(RwHdr.cap_effective);
    entry.permitted = view.big(RwHdr.cap_permitted);
  }

  /** A process nobody told us about: its start was lost, or it is older than the sensor. */
  #adopt(view: RingView): ProcessEntry {
    const entry = this.create();
    this.#source.readProcess(view.pid, entry);
    const hasEnded = entry.startNs === 0; // the machine has it no more, and no end will be reported
    entry.pid = view.pid;
    entry.startNs = view.startNs;
    entry.cgroup = view.cgroupId;
    this.#put(entry);
    if (hasEnded) this.#retire(entry);
    return entry;
  }

  #put(entry: ProcessEntry): void {
    this.#entries.set(entry.pid, entry);
  }

  fork(view: RingView): ProcessEntry {
    const parent = this.acting(view);
    const child = parent.copy();
    // Only here: a name changed in between must not change what is known of a running program (ADR 0033).
    child.comm = view.fixedText(RwFork.comm, 16);
    child.pid = view.u32(RwFork.child_tgid);
    child.startNs = view.wide(RwFork.child_start_ns);
    child.cgroup = view.wide(RwFork.child_cgroup_id);
    child.cgroupPath = child.cgroup === parent.cgroup ? parent.cgroupPath : '';
    child.vpid = view.u32(RwFork.child_vpid);
    child.pidNs = view.u32(RwFork.child_pid_ns);
    child.ppid = parent.pid;
    child.exited = false;
    child.forkedBy = parent;
    child.depth = parent.depth + 1;
    if (child.depth > MAX_DEPTH) cutAncestry(child);
    this.#put(child);
    return child;
  }

  exec(view: RingView): ProcessEntry {
    const before = this.acting(view);
    const entry = before.copy();
    entry.image = new ExecImage(view);
    entry.exited = false;
    entry.comm = entry.image.comm;
    entry.cwd = view.spanText(RwExec.cwd) ?? '';
    entry.inheritable = view.big(RwExec.cap_inheritable);
    this.#refreshCapabilities(entry, view);
    entry.cgroup = view.cgroupId;
    entry.vpid = view.u32(RwExec.vpid);
    entry.sid = view.u32(RwExec.sid);
    entry.vsid = view.u32(RwExec.vsid);
    entry.pgid = view.u32(RwExec.pgid);
    entry.vpgid = view.u32(RwExec.vpgid);
    entry.loginuid = view.u32(RwExec.loginuid);
    entry.tty = view.u32(RwExec.tty);
    entry.pidNs = view.u32(RwExec.pid_ns);
    entry.mntNs = view.u32(RwExec.mnt_ns);
    entry.netNs = view.u32(RwExec.net_ns);
    entry.userNs = view.u32(RwExec.user_ns);
    if (entry.forkedBy === undefined) entry.ppid = view.u32(RwExec.ppid);
    this.#put(entry);
    return entry;
  }

  exit(view: RingView): ProcessEntry | undefined {
    const entry = this.#entries.get(view.pid);
    // A process whose start was lost must not end the one that had its number before.
    if (entry === undefined || !isSame(entry, view.startNs)) return undefined;
    if (!entry.exited) this.#retire(entry);
    return entry;
  }

  /**
   * Ends the processes that are there no more: their end was lost, and nothing else would ever end them. `isThere`
   * must know of every process that had started when this was called.
   */
  endMissing(isThere: (pid: number) => boolean): void {
    for (const entry of this.#entries.values()) {
      if (!entry.exited && !isThere(entry.pid)) this.#retire(entry);
    }
  }

  /** Keeps an ended process for a while, and lets the one go that ended longest ago. */
  #retire(entry: ProcessEntry): void {
    entry.exited = true;
    const oldest = this.#exited[this.#exitedNext];
    if (oldest !== undefined && this.#entries.get(oldest.pid) === oldest) this.#entries.delete(oldest.pid);
    this.#exited[this.#exitedNext] = entry;
    this.#exitedNext = (this.#exitedNext + 1) % KEPT_EXITED;
  }
}

/** Start times read from /proc are rounded down to the clock tick (10 ms). */
const TICK_NS = 10_000_000;
function isSame(entry: ProcessEntry, startNs: number): boolean {
  if (entry.startNs === startNs) return true;
  if (entry.startNs % TICK_NS === 0 && startNs - entry.startNs < TICK_NS && startNs >= entry.startNs) {
    entry.startNs = startNs;
    return true;
  }
  return false;
}

/** A chain of processes that fork and end for ever must not be kept for ever. */
function cutAncestry(entry: ProcessEntry): void {
  let at: ProcessEntry | undefined = entry;
  for (let i = 0; i < KEPT_DEPTH && at !== undefined; i += 1) {
    at.depth = KEPT_DEPTH - i;
    at = at.forkedBy;
  }
  if (at !== undefined) at.forkedBy = undefined;
}
