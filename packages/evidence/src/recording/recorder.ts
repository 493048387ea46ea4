import {
  EventFlag,
  type PathResolver,
  type ProcessInfo,
  type RingView,
  RwHdr,
  RwKind,
} from '@runward/events';
import type { AccountData, Identity, Journal, ProcessEntry, Surroundings, Tracker } from '@runward/tracker';
import {
  accountedInput,
  accountsAskedAnswer,
  cgroupPathAnswer,
  cgroupsAnswer,
  containerIdAnswer,
  type EndNote,
  endNote,
  gapNote,
  hostPathAnswer,
  identifiedInput,
  type LossNote,
  lossNotes,
  pathAnswer,
  processAnswer,
} from './answers.js';
import type { Plain } from './codec.js';
import { accountData } from './facts.js';
import { FRAME_HEAD_BYTES, FrameKind, padded, RECORD_HEAD_BYTES, RECORD_LENGTH } from './frame.js';
import { writeTables } from './tables.js';

/** A block as it leaves the recorder: to be compressed, written, and its buffer given back. */
export interface RawBlock {
  readonly buffer: ArrayBuffer;
  /** Bytes of it that are used. */
  readonly used: number;
  readonly records: number;
  readonly eventsBefore: number;
  readonly fromNs: bigint;
  readonly toNs: bigint;
  /** A new segment begins with it. */
  readonly startsSegment: boolean;
}

export interface RecorderOptions {
  /** Takes a block away; gives its buffer back through {@link Recorder.returned}. */
  readonly send: (block: RawBlock) => void;
  /** Bytes per block; default 1 MiB. */
  readonly blockBytes?: number;
  /** Blocks that may be away before records are lost; default 16. */
  readonly maxBlocks?: number;
  /** Find out what every caller's path means, not only where a rule asks. */
  readonly resolvePaths?: boolean;
  /** Which events are written; everything when left out. */
  readonly filter?: (view: RingView) => boolean;
}

export interface RecorderStats {
  readonly records: number;
  /** Records lost because blocks were not written away in time. */
  readonly lost: number;
  readonly omitted: number;
}

const BLOCK_BYTES = 1024 * 1024;
const MAX_BLOCKS = 16;
/** A block is closed after this time though it is not full: what a kill can take away. */
const SEAL_AFTER_MS = 1000;

/**
 * The live side of a recording, in the sensor's thread. Copies runs of ring memory into the current block and
 * never waits: when the blocks are not taken away in time, records are lost, counted, and the tables written
 * again behind the gap.
 */
export class Recorder implements Journal {
  readonly #options: RecorderOptions;
  readonly #blockBytes: number;
  readonly #maxBlocks: number;
  readonly #encoder = new TextEncoder();
  readonly #free: ArrayBuffer[] = [];
  readonly #lossSaid = new Map<string, number>();
  #tracker: Tracker | undefined;
  #block: Uint8Array<ArrayBuffer> | undefined;
  #view = new DataView(new ArrayBuffer(0));
  #used = 0;
  #blockRecords = 0;
  #blockEventsBefore = 0;
  #firstRun = -1;
  #lastRun = -1;
  #lastRunEnd = 0;
  #startsSegment = true;
  #away = 0;
  #nowMs = 0;
  #sealedAtMs = 0;
  #eventsBefore = 0;
  #omittedUnsaid = 0;
  #gapRecords = 0;
  #gapBytes = 0;
  #inGap = false;
  #asked = false;
  #verdictOn = -1;
  #verdict = true;
  #records = 0;
  #lost = 0;
  #omitted = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES;
    this.#maxBlocks = options.maxBlocks ?? MAX_BLOCKS;
  }

  get stats(): RecorderStats {
    return { records: this.#records, lost: this.#lost, omitted: this.#omitted };
  }

  begin(tracker: Tracker): void {
    this.#tracker = tracker;
    this.#writeTables();
  }

  /** What the recording is to be divided into: a new file begins here, with the tables. */
  beginSegment(): void {
    if (this.#tracker === undefined) return;
    if (this.#inGap) this.#sayGap();
    this.#end('continued');
    this.#writeTables();
  }

  /** Nothing follows. */
  finish(): void {
    this.#sayOmitted();
    if (this.#inGap) this.#leaveGap();
    this.#end('closed');
  }

  #end(reason: EndNote['reason']): void {
    this.#put(FrameKind.end, endNote.write({ reason }), true);
    this.#seal();
    this.#startsSegment = true;
  }

  /** A buffer that {@link RecorderOptions.send} took comes back. */
  returned(buffer: ArrayBuffer): void {
    this.#away -= 1;
    if (buffer.byteLength === this.#blockBytes && this.#free.length < 2) this.#free.push(buffer);
  }

  records(ring: Uint8Array<ArrayBuffer>, from: number, to: number, count: number): void {
    this.#sayOmitted();
    const length = to - from;
    const hasRoom = !this.#inGap && this.#makeRoom(FRAME_HEAD_BYTES + length, false);
    this.#eventsBefore += count;
    if (!hasRoom) {
      this.#inGap = true;
      this.#gapRecords += count;
      this.#gapBytes += length;
      this.#lost += count;
      return;
    }
    const block = this.#block;
    if (block === undefined) return;
    this.#head(FrameKind.records, length);
    const first = Math.min(length, ring.length - from);
    block.set(ring.subarray(from, from + first), this.#used);
    if (first < length) block.set(ring.subarray(0, length - first), this.#used + first);
    if (this.#firstRun < 0) this.#firstRun = this.#used;
    this.#lastRun = this.#used;
    this.#used += length;
    this.#lastRunEnd = this.#used;
    this.#blockRecords += count;
    this.#records += count;
  }

  /** What the filter made of the event that is being delivered. */
  judge(view: RingView): void {
    const { filter, resolvePaths } = this.#options;
    const isKept = filter === undefined || filter(view);
    this.#verdictOn = view.number;
    this.#verdict = isKept;
    if (isKept && resolvePaths === true && (view.flags & EventFlag.callerMemory) !== 0) {
      view.path(0);
      view.path(1);
    }
  }

  /**
   * False for an event the filter refused. What the tables are kept by is written all the same, and so is what
   * could not be judged yet.
   */
  wants(): boolean {
    const view = this.#tracker?.view;
    const asked = this.#asked;
    this.#asked = false;
    if (this.#verdict || view === undefined || view.number !== this.#verdictOn) return true;
    this.#verdict = true;
    if (asked) return true;
    const isOrdinary = view.kind >= RwKind.RW_K_SYS && view.kind <= RwKind.RW_K_FD;
    return !isOrdinary || view.newCwd !== undefined;
  }

  omitted(): void {
    this.#omitted += 1;
    this.#omittedUnsaid += 1;
    this.#eventsBefore += 1;
  }

  #sayOmitted(): void {
    const count = this.#omittedUnsaid;
    if (count === 0) return;
    this.#omittedUnsaid = 0;
    this.#fixed(FrameKind.omitted, (at) => this.#view.setUint32(at, count, true));
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    // Not at the first block that comes back: the tables take several, and the next gap would be at hand.
    if (this.#inGap && this.#away <= this.#maxBlocks >> 2) this.#leaveGap();
    this.#fixed(FrameKind.tick, (at) => this.#view.setFloat64(at, nowMs, true));
    if (nowMs - this.#sealedAtMs > SEAL_AFTER_MS && this.#blockRecords > 0) this.#seal();
  }
  epochOffset(offsetNs: bigint): void {
    this.#fixed(FrameKind.epochOffset, (at) => this.#view.setBigInt64(at, offsetNs, true));
  }
  hostAccounts(accounts: AccountData): void {
    this.#note(FrameKind.hostAccounts, accountData.write(accounts));
  }
  identified(cgroup: number, identity: Identity): void {
    this.#note(FrameKind.identified, identifiedInput.write({ cgroup, identity }));
  }
  accounted(cgroup: number, accounts: AccountData): void {
    this.#note(FrameKind.accounted, accountedInput.write({ cgroup, accounts }));
  }
  releasedAll(): void {
    this.#note(FrameKind.releasedAll, {});
  }
  /** Records that were lost before they could be read, totals since the start. What is new is written. */
  loss(totals: readonly LossNote[]): void {
    if (this.#inGap) return;
    const fresh: LossNote[] = [];
    for (const { type, cpu, count } of totals) {
      const said = this.#lossSaid.get(`${type} ${cpu}`) ?? 0;
      this.#lossSaid.set(`${type} ${cpu}`, count);
      if (count > said) fresh.push({ type, cpu, count: count - said });
    }
    if (fresh.length > 0) this.#note(FrameKind.loss, lossNotes.write(fresh));
  }

  overhear(inner: Surroundings): Surroundings {
    const note = (kind: number, payload: Plain): void => {
      this.#asked = true;
      this.#note(kind, payload);
    };
    return {
      hostMntNs: inner.hostMntNs,
      hostPidNs: inner.hostPidNs,
      membersOf: (cgroup, path) => inner.membersOf(cgroup, path),
      mountNamespaceOf: (pid) => inner.mountNamespaceOf(pid),
      identify: (request) => inner.identify(request),
      markContainer: (cgroup) => inner.markContainer(cgroup),
      unmarkContainer: (cgroup) => inner.unmarkContainer(cgroup),
      readProcess: (pid: number, entry: ProcessEntry) => {
        inner.readProcess(pid, entry);
        note(FrameKind.process, processAnswer.write({ pid, facts: entry, image: entry.image }));
      },
      cgroupPathOf: (pid, cgroup) => {
        const path = inner.cgroupPathOf(pid, cgroup);
        note(FrameKind.cgroupPath, cgroupPathAnswer.write({ pid, cgroup, path }));
        return path;
      },
      listCgroups: (tell) => {
        const groups: [number, string][] = [];
        inner.listCgroups((cgroup, path) => {
          groups.push([cgroup, path]);
          tell(cgroup, path);
        });
        note(FrameKind.cgroups, cgroupsAnswer.write(groups));
      },
      containerIdOf: (path) => {
        const id = inner.containerIdOf(path);
        note(FrameKind.containerId, containerIdAnswer.write({ path, id }));
        return id;
      },
      askAccounts: (cgroup, pids) => {
        const asked = inner.askAccounts(cgroup, pids);
        note(FrameKind.accountsAsked, accountsAskedAnswer.write({ cgroup, asked }));
        return asked;
      },
    };
  }

  overhearPaths(inner: PathResolver): PathResolver {
    const event = (): number => this.#tracker?.view.number ?? 0;
    return {
      resolve: (process: ProcessInfo, path: string, followLast: boolean) => {
        const found = inner.resolve(process, path, followLast);
        this.#note(FrameKind.path, pathAnswer.write({ event: event(), path, followLast, found }));
        return found;
      },
      hostPath: (pid, mntNs, path) => {
        const found = inner.hostPath(pid, mntNs, path);
        this.#note(FrameKind.hostPath, hostPathAnswer.write({ event: event(), path, found }));
        return found;
      },
    };
  }

  #writeTables(): void {
    const state = this.#tracker?.state;
    if (state === undefined) return;
    this.#eventsBefore = state.events;
    writeTables(state, (kind, payload) => this.#put(kind, payload, true));
  }

  #leaveGap(): void {
    this.#sayGap();
    this.#writeTables();
  }

  #sayGap(): void {
    const note = {
      records: this.#gapRecords,
      bytes: this.#gapBytes,
      reason: 'the recording could not be written in time',
    };
    this.#inGap = false;
    this.#gapRecords = 0;
    this.#gapBytes = 0;
    this.#omittedUnsaid = 0;
    this.#put(FrameKind.gap, gapNote.write(note), true);
  }

  #note(kind: number, payload: Plain): void {
    // Inside a gap nothing is written: the tables behind it say how it all turned out.
    if (this.#tracker === undefined || this.#inGap) return;
    if (!this.#put(kind, payload, false)) this.#inGap = true;
  }

  #put(kind: number, payload: Plain, force: boolean): boolean {
    if (this.#omittedUnsaid > 0) this.#sayOmitted();
    const bytes = this.#encoder.encode(JSON.stringify(payload));
    if (!this.#makeRoom(FRAME_HEAD_BYTES + padded(bytes.length), force)) return false;
    this.#head(kind, bytes.length);
    this.#block?.set(bytes, this.#used);
    this.#advance(bytes.length);
    return true;
  }

  #fixed(kind: number, fill: (at: number) => void): void {
    if (this.#tracker === undefined || this.#inGap) return;
    if (kind !== FrameKind.omitted) this.#sayOmitted();
    if (!this.#makeRoom(FRAME_HEAD_BYTES + 8, false)) {
      this.#inGap = true;
      return;
    }
    this.#head(kind, 8);
    this.#view.setBigInt64(this.#used, 0n, true);
    fill(this.#used);
    this.#used += 8;
  }

  #head(kind: number, length: number): void {
    this.#view.setUint32(this.#used, kind, true);
    this.#view.setUint32(this.#used + 4, length, true);
    this.#used += FRAME_HEAD_BYTES;
  }

  /** Buffers are used again: what pads a frame must not be what was there before. */
  #advance(length: number): void {
    this.#block?.fill(0, this.#used + length, this.#used + padded(length));
    this.#used += padded(length);
  }

  /** A block with this much room. False when none is to be had, unless it is insisted on. */
  #makeRoom(bytes: number, force: boolean): boolean {
    if (this.#block !== undefined && this.#used + bytes <= this.#block.length) return true;
    this.#seal();
    if (this.#away >= this.#maxBlocks && !force) return false;
    const wanted = Math.max(bytes, this.#blockBytes);
    const buffer = wanted === this.#blockBytes ? this.#free.pop() : undefined;
    this.#block = new Uint8Array(buffer ?? new ArrayBuffer(wanted));
    this.#view = new DataView(this.#block.buffer);
    this.#used = 0;
    this.#blockRecords = 0;
    this.#blockEventsBefore = this.#eventsBefore;
    this.#firstRun = -1;
    return true;
  }

  #seal(): void {
    this.#sealedAtMs = this.#nowMs;
    const block = this.#block;
    if (block === undefined || this.#used === 0) return;
    this.#block = undefined;
    this.#away += 1;
    const startsSegment = this.#startsSegment;
    this.#startsSegment = false;
    const hasRecords = this.#firstRun >= 0;
    this.#options.send({
      buffer: block.buffer,
      used: this.#used,
      records: this.#blockRecords,
      eventsBefore: this.#blockEventsBefore,
      fromNs: hasRecords ? this.#timeAt(this.#firstRun) : 0n,
      toNs: hasRecords ? this.#timeAt(this.#lastRecord()) : 0n,
      startsSegment,
    });
  }

  #timeAt(record: number): bigint {
    const bootNs = this.#view.getBigUint64(record + RECORD_HEAD_BYTES + RwHdr.time_ns, true);
    return bootNs + (this.#tracker?.view.epochOffsetNs ?? 0n);
  }

  #lastRecord(): number {
    let last = this.#lastRun;
    for (let at = last; at < this.#lastRunEnd; ) {
      last = at;
      at += padded((this.#view.getUint32(at, true) & RECORD_LENGTH) + RECORD_HEAD_BYTES);
    }
    return last;
  }
}
