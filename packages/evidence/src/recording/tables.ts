import type { ContainerInfo } from '@runward/events';
import {
  type AccountTable,
  accountNames,
  type ContainerSlot,
  type PendingEvent,
  type ProcessEntry,
  type ProcessImage,
  type TrackerState,
} from '@runward/tracker';
import {
  big,
  type Codec,
  list,
  Misfit,
  number,
  object,
  oneOf,
  optional,
  type Plain,
  pair,
  parse,
  text,
} from './codec.js';
import { accountData, containerInfo, type EntryFacts, entryFacts, processImage } from './facts.js';
import { FrameKind } from './frame.js';

/** Rows per frame: a frame must fit in a block, whatever the tables hold. */
const BATCH = 64;
const NAMES_BATCH = 1024;

interface Begin {
  readonly events: number;
  readonly attachedNs: number;
  readonly nowMs: number;
  readonly sweptAtMs: number;
  readonly cgroupsListedAtMs: number;
  readonly epochOffsetNs: bigint;
}
const begin: Codec<Begin> = object({
  events: number,
  attachedNs: number,
  nowMs: number,
  sweptAtMs: number,
  cgroupsListedAtMs: number,
  epochOffsetNs: big,
});

/** An entry, and what it refers to by place in the tables; -1 for nothing. */
interface ProcessRow {
  readonly facts: EntryFacts;
  readonly image: number;
  readonly forkedBy: number;
}
const processRow: Codec<ProcessRow> = object({ facts: entryFacts, image: number, forkedBy: number });

interface SlotRow {
  readonly cgroup: number;
  readonly path: string;
  readonly state: ContainerSlot['state'];
  readonly info: ContainerInfo | undefined;
  readonly accounts: number;
  readonly accountsState: ContainerSlot['accountsState'];
  readonly hostUntilMs: number;
  readonly askedAtMs: number;
  readonly removedAtMs: number;
}
const slotRow: Codec<SlotRow> = object({
  cgroup: number,
  path: text,
  state: oneOf('host', 'waiting', 'known'),
  info: optional(containerInfo),
  accounts: number,
  accountsState: oneOf('unseen', 'asked', 'known'),
  hostUntilMs: number,
  askedAtMs: number,
  removedAtMs: number,
});

interface HeldRow {
  readonly cgroup: number;
  /** The record, base64. */
  readonly record: string;
  readonly process: number;
  readonly number: number;
}
const heldRow: Codec<HeldRow> = object({ cgroup: number, record: text, process: number, number });

interface End {
  readonly hostAccounts: number;
  /** Which rows are in the table of processes; others are only referred to. */
  readonly processes: readonly number[];
  readonly exited: readonly number[];
  readonly exitedNext: number;
}
const end: Codec<End> = object({
  hostAccounts: number,
  processes: list(number),
  exited: list(number),
  exitedNext: number,
});

const rows = {
  images: list(processImage),
  processes: list(processRow),
  slots: list(slotRow),
  names: list(pair(number, text)),
  held: list(heldRow),
  accounts: accountData,
};

/** Gives each object a number, in the order in which they are met. */
class Numbering<T> {
  readonly items: T[] = [];
  readonly #numbers = new Map<T, number>();

  of(item: T | undefined): number {
    if (item === undefined) return -1;
    const known = this.#numbers.get(item);
    if (known !== undefined) return known;
    this.items.push(item);
    this.#numbers.set(item, this.items.length - 1);
    return this.items.length - 1;
  }
}

/** Writes everything a tracker knows as frames. */
export function writeTables(state: TrackerState, write: (kind: number, payload: Plain) => void): void {
  const entries = new Numbering<ProcessEntry>();
  const images = new Numbering<ProcessImage>();
  const accounts = new Numbering<AccountTable>();
  const batches = <T>(kind: number, items: readonly T[], codec: Codec<readonly T[]>, size = BATCH): void => {
    for (let i = 0; i < items.length; i += size) write(kind, codec.write(items.slice(i, i + size)));
  };
  write(FrameKind.tablesBegin, begin.write(state));
  const last: End = {
    hostAccounts: accounts.of(state.hostAccounts),
    processes: state.processes.entries.map((e) => entries.of(e)),
    exited: state.processes.exited.map((e) => entries.of(e)),
    exitedNext: state.processes.exitedNext,
  };
  const held = [...state.held].flatMap(([cgroup, events]) =>
    events.map(({ record, process, number: n }) => ({
      cgroup,
      record: Buffer.from(record).toString('base64'),
      process: entries.of(process),
      number: n,
    })),
  );
  const processRows: ProcessRow[] = [];
  // Grows while it is walked: parents that are in no table any more are met here.
  for (let i = 0; i < entries.items.length; i += 1) {
    const entry = entries.items[i];
    if (entry === undefined) break;
    const { image, forkedBy } = entry;
    processRows.push({ facts: entry, image: images.of(image), forkedBy: entries.of(forkedBy) });
  }
  const slots = state.containers.slots.map((s) => ({ ...s, accounts: accounts.of(s.accounts) }));
  for (const table of accounts.items) write(FrameKind.accountTables, rows.accounts.write(table.data));
  batches(FrameKind.images, images.items, rows.images);
  batches(FrameKind.processes, processRows, rows.processes);
  batches(FrameKind.slots, slots, rows.slots, 1);
  batches(FrameKind.cgroupNames, state.containers.paths, rows.names, NAMES_BATCH);
  batches(FrameKind.held, held, rows.held, 1);
  write(FrameKind.tablesEnd, end.write(last));
}

/** Puts the tables together again from their frames. */
export class TableReader {
  readonly #create: () => ProcessEntry;
  #begin: Begin | undefined;
  readonly #accounts: AccountTable[] = [];
  readonly #images: ProcessImage[] = [];
  readonly #rows: ProcessRow[] = [];
  readonly #slots: SlotRow[] = [];
  readonly #names: (readonly [number, string])[] = [];
  readonly #held: HeldRow[] = [];

  /** `create` makes an entry of the table that is to be restored. */
  constructor(create: () => ProcessEntry) {
    this.#create = create;
  }

  /**
   * Takes one frame. Returns the state once the last one is there.
   *
   * @throws Misfit when the payload is not of the form it should have, or refers to what is not there
   */
  take(kind: number, payload: string): TrackerState | undefined {
    switch (kind) {
      case FrameKind.tablesBegin:
        this.#reset();
        this.#begin = parse(begin, payload);
        return undefined;
      case FrameKind.accountTables:
        this.#accounts.push(accountNames(parse(rows.accounts, payload)));
        return undefined;
      case FrameKind.images:
        this.#images.push(...parse(rows.images, payload));
        return undefined;
      case FrameKind.processes:
        this.#rows.push(...parse(rows.processes, payload));
        return undefined;
      case FrameKind.slots:
        this.#slots.push(...parse(rows.slots, payload));
        return undefined;
      case FrameKind.cgroupNames:
        this.#names.push(...parse(rows.names, payload));
        return undefined;
      case FrameKind.held:
        this.#held.push(...parse(rows.held, payload));
        return undefined;
      default:
        return this.#finish(parse(end, payload));
    }
  }

  #reset(): void {
    this.#begin = undefined;
    for (const table of [this.#accounts, this.#images, this.#rows, this.#slots, this.#names, this.#held]) {
      table.length = 0;
    }
  }

  #finish(last: End): TrackerState {
    const start = this.#begin;
    if (start === undefined) throw new Misfit('the beginning of the tables is missing');
    const entries = this.#rows.map(({ facts }) => Object.assign(this.#create(), facts));
    this.#rows.forEach((row, i) => {
      const entry = at(entries, i, 'process');
      entry.image = at(this.#images, row.image, 'image');
      // Parents are written behind their children: a row that points back would make a circle.
      if (row.forkedBy >= 0) entry.forkedBy = at(entries, row.forkedBy, 'process');
    });
    breakCircles(entries);
    const held = new Map<number, PendingEvent[]>();
    for (const row of this.#held) {
      const queue = held.get(row.cgroup) ?? [];
      queue.push({
        record: new Uint8Array(Buffer.from(row.record, 'base64')),
        process: at(entries, row.process, 'process'),
        number: row.number,
      });
      held.set(row.cgroup, queue);
    }
    const state: TrackerState = {
      ...start,
      hostAccounts: at(this.#accounts, last.hostAccounts, 'account table'),
      processes: {
        entries: last.processes.map((i) => at(entries, i, 'process')),
        exited: last.exited.map((i) => (i < 0 ? undefined : at(entries, i, 'process'))),
        exitedNext: last.exitedNext,
      },
      containers: {
        slots: this.#slots.map((s) => ({ ...s, accounts: at(this.#accounts, s.accounts, 'account table') })),
        paths: [...this.#names],
      },
      held,
    };
    this.#reset();
    return state;
  }
}

function at<T>(items: readonly T[], index: number, what: string): T {
  const item = items[index];
  if (item === undefined) throw new Misfit(`${what} ${index} is missing`);
  return item;
}

/** A process has no ancestor twice; damaged tables may say so, and a rule would walk in circles for ever. */
function breakCircles(entries: readonly ProcessEntry[]): void {
  const cleared = new Set<ProcessEntry>();
  for (const entry of entries) {
    const walked = new Set<ProcessEntry>();
    for (
      let here: ProcessEntry | undefined = entry;
      here !== undefined && !cleared.has(here);
      here = here.forkedBy
    ) {
      walked.add(here);
      if (here.forkedBy !== undefined && walked.has(here.forkedBy)) here.forkedBy = undefined;
    }
    for (const one of walked) cleared.add(one);
  }
}
