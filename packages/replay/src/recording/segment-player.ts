import { type EventView, eventTypeByName, RwHdr } from '@runward/events';
import {
  accountData,
  accountedInput,
  type BlockPlace,
  endNote,
  FRAME_HEAD_BYTES,
  FrameKind,
  gapNote,
  identifiedInput,
  lossNotes,
  Misfit,
  padded,
  parse,
  RECORD_DISCARDED,
  RECORD_HEAD_BYTES,
  RECORD_LENGTH,
  type SegmentHeader,
  TableReader,
} from '@runward/evidence';
import { type RecordPlace, Tracker } from '@runward/tracker';
import type { ReplayGap } from '../event-source.js';
import { RecordedMachine, RecordedPaths } from './recorded-machine.js';

type OpenGap = { -readonly [K in keyof ReplayGap]: ReplayGap[K] };

/** What a player reports besides events. */
export interface PlayerNotes {
  readonly gaps: OpenGap[];
  /** A part of a block that cannot be used; `at` is its offset in the decompressed block. */
  readonly skip: (reason: string, bytes: number, at: number) => void;
}

const UNKNOWN_TYPE = 0xffff;
const decoder = new TextDecoder();

/** Plays the blocks of one segment: a tracker is fed what the live one was fed. */
export class SegmentPlayer {
  readonly #tracker: Tracker;
  readonly #machine: RecordedMachine;
  readonly #paths: RecordedPaths;
  readonly #tables: TableReader;
  readonly #notes: PlayerNotes;
  readonly #renamed: Uint16Array | undefined;
  /** Gaps whose end is not known yet. */
  #open: OpenGap[] = [];
  #events = 0;
  #fromNs: bigint | undefined;
  #ended: 'closed' | 'continued' | undefined;
  #place: RecordPlace = { data: new DataView(new ArrayBuffer(0)), bytes: new Uint8Array() };

  constructor(
    header: SegmentHeader,
    onEvent: (view: EventView) => void,
    notes: PlayerNotes,
    onContainerEnd?: (containerId: string) => void,
  ) {
    this.#notes = notes;
    this.#machine = new RecordedMachine(header);
    this.#paths = new RecordedPaths(() => this.#tracker.view.number);
    this.#tracker = new Tracker(this.#machine, this.#paths, {
      hostname: header.hostname,
      identityTimeoutMs: header.identityTimeoutMs,
      onEvent: (view) => {
        this.#events += 1;
        onEvent(view);
      },
      ...(onContainerEnd === undefined ? {} : { onContainerEnd: ({ id }) => onContainerEnd(id) }),
    });
    this.#tables = new TableReader(() => this.#tracker.processes.create());
    this.#renamed = renaming(header);
  }

  /** Events handed on. */
  get events(): number {
    return this.#events;
  }
  get malformed(): number {
    return this.#tracker.stats.malformed;
  }
  get ended(): 'closed' | 'continued' | undefined {
    return this.#ended;
  }
  /** Time of the first record; undefined before it. */
  get fromNs(): bigint | undefined {
    return this.#fromNs;
  }
  /** Time of the last record; undefined before the first. */
  get timeNs(): bigint | undefined {
    return this.#fromNs === undefined
      ? undefined
      : BigInt(this.#tracker.view.attachedNs) + this.#tracker.view.epochOffsetNs;
  }
  /** Events that wait for their container. */
  get waiting(): number {
    return [...this.#tracker.state.held.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** Blocks before this one are missing: what was learnt from them is not to be trusted to be complete. */
  resume(block: BlockPlace): void {
    this.#machine.forget();
    this.#paths.forget();
    this.#tracker.skipTo(block.eventsBefore);
    this.#gap(undefined, 'a part of the recording is damaged');
  }

  /** There is no more: what waits goes out as it is. */
  finish(): void {
    this.#tracker.releaseAll();
  }

  #gap(lost: number | undefined, reason: string): void {
    const gap: OpenGap = { fromNs: this.timeNs, toNs: undefined, lost, reason };
    this.#notes.gaps.push(gap);
    this.#open.push(gap);
  }

  /** Everything in one block. Nothing of it is referred to afterwards. */
  play(bytes: Uint8Array<ArrayBuffer>): void {
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#place = { data, bytes };
    let at = 0;
    while (at + FRAME_HEAD_BYTES <= bytes.length) {
      const kind = data.getUint32(at, true);
      const length = data.getUint32(at + 4, true);
      const start = at + FRAME_HEAD_BYTES;
      if (start + length > bytes.length) {
        this.#notes.skip('a part of a block says it is longer than the block', bytes.length - at, at);
        return;
      }
      try {
        if (kind === FrameKind.records) this.#records(start, start + length);
        else this.#take(kind, start, length);
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
        this.#notes.skip(`a part of kind ${kind} cannot be understood: ${error.message}`, length, at);
      }
      at = start + padded(length);
    }
  }

  #records(from: number, to: number): void {
    const place = this.#place;
    const { data } = place;
    const { handle } = this.#tracker;
    const renamed = this.#renamed;
    if (
      from + RECORD_HEAD_BYTES + RwHdr.size <= to &&
      (this.#open.length > 0 || this.#fromNs === undefined)
    ) {
      this.#meetTime(data.getBigUint64(from + RECORD_HEAD_BYTES + RwHdr.time_ns, true));
    }
    let at = from;
    while (at + RECORD_HEAD_BYTES <= to) {
      const head = data.getUint32(at, true);
      const length = head & RECORD_LENGTH;
      const start = at + RECORD_HEAD_BYTES;
      if (start + length > to) {
        this.#notes.skip('a record is longer than its place', to - at, at);
        break;
      }
      if ((head & RECORD_DISCARDED) === 0) {
        if (renamed !== undefined && length >= RwHdr.size) this.#rename(renamed, start);
        handle(place, start, length);
      }
      at = start + padded(length);
    }
    this.#paths.forget();
  }

  #rename(renamed: Uint16Array, start: number): void {
    const { data } = this.#place;
    const type = data.getUint16(start + RwHdr.type, true);
    data.setUint16(start + RwHdr.type, renamed[type] ?? UNKNOWN_TYPE, true);
  }

  #meetTime(bootNs: bigint): void {
    const timeNs = bootNs + this.#tracker.view.epochOffsetNs;
    this.#fromNs ??= timeNs;
    for (const gap of this.#open) gap.toNs = timeNs;
    this.#open = [];
  }

  #take(kind: number, start: number, length: number): void {
    const { data, bytes } = this.#place;
    switch (kind) {
      case FrameKind.tick:
        if (length >= 8) this.#tracker.tick(data.getFloat64(start, true));
        break;
      case FrameKind.epochOffset:
        if (length >= 8) this.#tracker.setEpochOffset(data.getBigInt64(start, true));
        break;
      case FrameKind.omitted:
        if (length >= 4) this.#tracker.skipTo(this.#tracker.stats.events + data.getUint32(start, true));
        break;
      default:
        if (this.#takeText(kind, decoder.decode(bytes.subarray(start, start + length)))) return;
    }
    this.#paths.forget();
  }

  /** True for an answer, which is for what comes next. */
  #takeText(kind: number, json: string): boolean {
    if (this.#machine.take(kind, json) || this.#paths.take(kind, json)) return true;
    switch (kind) {
      case FrameKind.identified: {
        const { cgroup, identity } = parse(identifiedInput, json);
        this.#tracker.identified(cgroup, identity);
        return false;
      }
      case FrameKind.accounted: {
        const { cgroup, accounts } = parse(accountedInput, json);
        this.#tracker.accounted(cgroup, accounts);
        return false;
      }
      case FrameKind.hostAccounts:
        this.#tracker.setHostAccounts(parse(accountData, json));
        return false;
      case FrameKind.releasedAll:
        this.#tracker.releaseAll();
        return false;
      case FrameKind.gap: {
        const { records, reason } = parse(gapNote, json);
        this.#machine.forget();
        this.#gap(records, reason);
        return false;
      }
      case FrameKind.loss: {
        const lost = parse(lossNotes, json);
        const total = lost.reduce((sum, note) => sum + note.count, 0);
        const types = [...new Set(lost.map((note) => note.type))].join(', ');
        this.#gap(total, `the kernel could not hand them over in time (${types})`);
        return false;
      }
      case FrameKind.end:
        this.#ended = parse(endNote, json).reason;
        return false;
      default:
        return this.#takeTables(kind, json);
    }
  }

  #takeTables(kind: number, json: string): boolean {
    if (kind < FrameKind.tablesBegin || kind > FrameKind.tablesEnd) {
      throw new Misfit('this version of the program does not know it');
    }
    const state = this.#tables.take(kind, json);
    if (state !== undefined) this.#tracker.restore(state);
    return false;
  }
}

/** Ids of event types of then as ids of now; undefined when they are the same. Unknown ones get an id of no type. */
function renaming(header: SegmentHeader): Uint16Array | undefined {
  const names = new Map(header.eventTypes);
  const isSame = [...names].every(([id, name]) => eventTypeByName.get(name)?.id === id);
  if (isSame) return undefined;
  const renamed = new Uint16Array(UNKNOWN_TYPE + 1).fill(UNKNOWN_TYPE);
  for (const [id, name] of names) {
    if (id >= 0 && id < UNKNOWN_TYPE) renamed[id] = eventTypeByName.get(name)?.id ?? UNKNOWN_TYPE;
  }
  return renamed;
}
