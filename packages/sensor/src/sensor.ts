import type { ContainerInfo, RingView, SyscallSpec } from '@runward/events';
import { bootTimeNs, epollAdd, epollCreate, epollWait } from '@runward/native';
import {
  type AccountData,
  type ContainerTable,
  EMPTY_IMAGE,
  type Identity,
  type Journal,
  type ProcessTable,
  Tracker,
  type TrackerStats,
} from '@runward/tracker';
import type { CallInterest, Scope } from './dispatch-table.js';
import type { Kernel, ProgramState } from './kernel.js';
import { ProcLiveProcesses } from './live-processes.js';
import { type Identification, Machine } from './machine.js';
import type { OpenInterest } from './open-interest.js';
import { ProcPathResolver } from './path-resolver.js';
import { listPids, readCgroupPath, readProcess } from './proc-reader.js';
import { RingReader } from './ring.js';

export interface SensorOptions extends Identification {
  readonly hostname: string;
  /** How long an event waits for its container's metadata. */
  readonly identityTimeoutMs: number;
  /** Every event that is to be judged, in order per container. The view is valid during the call only. */
  readonly onEvent: (view: RingView) => void;
  /** A container is gone, and the last of its events were handed on a while ago. */
  readonly onContainerEnd?: (container: ContainerInfo) => void;
  /** Keeps everything that makes the events what they are. */
  readonly journal?: Journal | undefined;
}

export type SensorStats = TrackerStats;

const BATCH = 4096;
const CLOCK_CHECK_MS = 1000;
/** Sleeping and waking costs tens of microseconds in a virtual machine; being late costs at most this. */
const NAP_MS = 4;
/** Where a process is to be ended before it gets far. */
const SHORT_NAP_MS = 1;

/**
 * Kernel events with identity. Runs in one thread: `poll` waits, reads the ring and lets the tracker work out
 * who acted; each event is handed on once its container is known.
 */
export class Sensor {
  readonly kernel: Kernel;
  readonly #tracker: Tracker;
  readonly #ring: RingReader;
  readonly #epoll: number;
  readonly #journal: Journal | undefined;
  #checkedAtMs = 0;
  #napping = false;
  #napMs = NAP_MS;

  /** Attaches the loaded programs. */
  constructor(kernel: Kernel, options: SensorOptions) {
    this.kernel = kernel;
    const machine = new Machine(kernel, options);
    const paths = new ProcPathResolver();
    const { journal } = options;
    this.#journal = journal;
    this.#tracker =
      journal === undefined
        ? new Tracker(machine, paths, options)
        : new Tracker(journal.overhear(machine), journal.overhearPaths(paths), options);
    this.#tracker.tick(performance.now());
    this.#syncClock();
    const { view } = this.#tracker;
    view.streamStartNs = bootTimeNs() + view.epochOffsetNs;
    view.live = new ProcLiveProcesses(() => view.epochOffsetNs);
    kernel.attach();
    this.#ring = new RingReader(this.kernel.ringFd, this.kernel.ringSize, journal);
    this.#epoll = epollCreate();
    epollAdd(this.#epoll, this.kernel.ringFd);
    // Programs are attached before /proc is read: a process born in between is reported twice, never missed.
    this.#seed();
    journal?.begin(this.#tracker);
  }

  get processes(): ProcessTable {
    return this.#tracker.processes;
  }
  get containers(): ContainerTable {
    return this.#tracker.containers;
  }

  /** What turns CLOCK_BOOTTIME into time since the epoch. */
  get epochOffsetNs(): bigint {
    return this.#tracker.view.epochOffsetNs;
  }

  /** Names of the host's users and groups, once they are read. */
  setHostAccounts(accounts: AccountData): void {
    this.#tracker.setHostAccounts(accounts);
    this.#journal?.hostAccounts(accounts);
  }
  /** The answer to an identity request. */
  identified(cgroup: number, identity: Identity): void {
    this.#tracker.identified(cgroup, identity);
    this.#journal?.identified(cgroup, identity);
  }
  /** The answer to {@link SensorOptions.readAccounts}. */
  accounted(cgroup: number, accounts: AccountData): void {
    this.#tracker.accounted(cgroup, accounts);
    this.#journal?.accounted(cgroup, accounts);
  }

  /** Also wake up `poll` when this descriptor becomes readable. */
  watch(fd: number): void {
    epollAdd(this.#epoll, fd);
  }

  get programs(): readonly ProgramState[] {
    return this.kernel.states;
  }

  get stats(): SensorStats {
    return this.#tracker.stats;
  }

  applyInterest(
    interestIn: (call: SyscallSpec) => CallInterest,
    open: OpenInterest,
    dataBytes: number,
    environment: boolean,
    answers: Scope,
  ): void {
    this.kernel.applyInterest(interestIn, open, dataBytes, environment, answers);
  }

  /** CLOCK_BOOTTIME against the wall clock, which may be set at any time. */
  #syncClock(): void {
    const wall = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
    const drift = BigInt(Math.round(Date.now() - (performance.timeOrigin + performance.now()))) * 1_000_000n;
    const offset = wall + drift - bootTimeNs();
    this.#tracker.setEpochOffset(offset);
    this.#journal?.epochOffset(offset);
  }

  /** For when ends of processes were lost: those that are gone are taken for ended. */
  endMissing(): void {
    const there = new Set(listPids());
    this.processes.endMissing((pid) => there.has(pid));
  }

  #seed(): void {
    const entries = listPids().map((pid) => {
      const entry = this.processes.create();
      readProcess(pid, entry);
      entry.cgroupPath = this.#readPath(pid) ?? '';
      return entry;
    });
    this.#tracker.seed(entries.filter((e) => e.startNs !== 0 && e.image !== EMPTY_IMAGE));
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
    const now = performance.now();
    this.#tracker.tick(now);
    this.#journal?.tick(now);
    const count = this.#ring.drain(this.#tracker.handle, BATCH);
    if (count > 0) this.#nap(true);
    if (now - this.#checkedAtMs > CLOCK_CHECK_MS) {
      this.#checkedAtMs = now;
      this.#syncClock();
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
    epollWait(this.#epoll, Math.min(this.#napMs, timeoutMs));
    if (this.#ring.backlog > 0) return;
    this.#nap(false);
    if (this.#ring.backlog === 0) epollWait(this.#epoll, Math.min(this.#napMs, timeoutMs));
  }

  #nap(napping: boolean): void {
    if (this.#napping === napping) return;
    this.#napping = napping;
    this.kernel.setPolling(napping);
  }

  /** Whether the next events are waited for a quarter as long, at the price of more wake-ups under load. */
  hurry(isHurried: boolean): void {
    this.#napMs = isHurried ? SHORT_NAP_MS : NAP_MS;
  }

  /** Everything still held goes out as it is. */
  releaseAll(): void {
    this.#tracker.releaseAll();
    this.#journal?.releasedAll();
  }

  /** Detaches the programs; what is still held is gone unless {@link releaseAll} came first. */
  close(): void {
    this.kernel.close();
  }
}
