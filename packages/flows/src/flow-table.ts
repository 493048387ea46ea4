import {
  addCounters,
  type FlowCounters,
  failuresOf,
  growth,
  isNothing,
  noCounters,
  openOf,
} from './counters.js';
import type { FlowId, FlowRates, FlowReading } from './flow.js';

export interface FlowTableOptions {
  /**
   * Flows kept. Beyond it those that are over are forgotten, the first ended first, and counted; those the kernel has
   * are bounded there.
   */
  readonly capacity: number;
  /** How long a flow that is over is remembered. */
  readonly rememberMs: number;
}

/** A flow as the table has it. */
export interface TableEntry {
  readonly id: FlowId;
  readonly local: string;
  readonly isMapped: boolean;
  readonly isGuessed: boolean;
  readonly isRaw: boolean;
  readonly counters: Readonly<FlowCounters>;
  readonly firstSeenMs: number;
  readonly lastActiveMs: number;
}

interface Slot {
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly connections: number;
  readonly failures: number;
}

interface Entry extends TableEntry {
  readonly counters: FlowCounters;
  reading: FlowReading;
  local: string;
  isMapped: boolean;
  lastActiveMs: number;
  slotAtMs: number;
  /** Growth in the slot before, and in the one that began at `slotAtMs`. */
  before: Slot;
  now: Slot;
}

const SLOT_MS = 30_000;
const EMPTY: Slot = { bytesOut: 0, bytesIn: 0, connections: 0, failures: 0 };

const keyOf = ({ cgroup, netns, role, protocol, remote, port }: FlowId): string =>
  `${cgroup} ${netns} ${role} ${protocol} ${remote} ${port}`;

/**
 * Adds up readings of the kernel's counters. Its entries come and go; what they counted stays here until the flow is
 * over for a while. Bounded: what had to be forgotten is in {@link forgotten}.
 */
export class FlowTable {
  readonly #options: FlowTableOptions;
  /** Of which the kernel has an entry, in the order of last activity. */
  readonly #live = new Map<string, Entry>();
  /** Of which it has none any more, in the order of their end. */
  readonly #ended = new Map<string, Entry>();
  /** Of flows that found no room here, since the start. */
  readonly forgotten = { flows: 0, counters: noCounters() };

  constructor(options: FlowTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#live.size + this.#ended.size;
  }

  /** True when the flow is new or something happened in it. */
  take(reading: FlowReading, nowMs: number): boolean {
    const key = keyOf(reading);
    const live = this.#live.get(key);
    const known = live ?? this.#ended.get(key);
    const isSame = live !== undefined && live.reading.firstNs === reading.firstNs;
    const grown = isSame ? growth(reading.counters, live.reading.counters) : reading.counters;
    const entry = known ?? newEntry(reading, nowMs);
    entry.reading = reading;
    if (live !== undefined && isNothing(grown)) return false;
    entry.local = reading.local;
    entry.isMapped = reading.isMapped;
    entry.lastActiveMs = nowMs;
    addCounters(entry.counters, grown);
    advance(entry, nowMs);
    entry.now = add(entry.now, grown);
    this.#ended.delete(key);
    this.#live.delete(key);
    this.#live.set(key, entry);
    this.#shrink();
    return true;
  }

  /** The kernel's entry is gone; the next of that name counts from zero. */
  removed(id: FlowId): void {
    const key = keyOf(id);
    const entry = this.#live.get(key);
    if (entry === undefined) return;
    this.#live.delete(key);
    this.#ended.set(key, entry);
    this.#shrink();
  }

  get(id: FlowId): TableEntry | undefined {
    return this.#find(id);
  }

  #find(id: FlowId): Entry | undefined {
    const key = keyOf(id);
    return this.#live.get(key) ?? this.#ended.get(key);
  }

  /** Flows without open connections in which nothing happened for so long, and that the kernel still has. */
  quiet(nowMs: number, forMs: number): FlowId[] {
    const found: FlowId[] = [];
    for (const { id, counters, lastActiveMs } of this.#live.values()) {
      if (nowMs - lastActiveMs < forMs) break;
      if (id.role !== 'rest' && openOf(counters) === 0) found.push(id);
    }
    return found;
  }

  /** All of these cgroups that the kernel has. */
  ofCgroups(cgroups: ReadonlySet<number>): FlowId[] {
    return [...this.#live.values()].flatMap(({ id }) => (cgroups.has(id.cgroup) ? [id] : []));
  }

  /** The cgroups that have more flows than this in the kernel. */
  crowded(limit: number): ReadonlySet<number> {
    const found = new Set<number>();
    if (this.#live.size <= limit) return found;
    const counts = new Map<number, number>();
    for (const { id } of this.#live.values()) {
      const count = (counts.get(id.cgroup) ?? 0) + 1;
      counts.set(id.cgroup, count);
      if (count > limit) found.add(id.cgroup);
    }
    return found;
  }

  /** Drops what is over since long. */
  sweep(nowMs: number): void {
    for (const [key, { lastActiveMs }] of this.#ended) {
      if (nowMs - lastActiveMs < this.#options.rememberMs) return;
      this.#ended.delete(key);
    }
  }

  *entries(): IterableIterator<TableEntry> {
    yield* this.#ended.values();
    yield* this.#live.values();
  }

  ratesOf(id: FlowId, nowMs: number): FlowRates {
    const entry = this.#find(id);
    if (entry === undefined) return EMPTY;
    advance(entry, nowMs);
    const seconds = Math.max(1, (nowMs - Math.max(entry.slotAtMs - SLOT_MS, entry.firstSeenMs)) / 1000);
    const rate = (name: keyof Slot): number => (entry.before[name] + entry.now[name]) / seconds;
    return {
      bytesOut: rate('bytesOut'),
      bytesIn: rate('bytesIn'),
      connections: rate('connections'),
      failures: rate('failures'),
    };
  }

  #shrink(): void {
    for (const [key, { counters }] of this.#ended) {
      if (this.size <= this.#options.capacity) return;
      this.#ended.delete(key);
      this.forgotten.flows += 1;
      addCounters(this.forgotten.counters, counters);
    }
  }
}

function newEntry(reading: FlowReading, nowMs: number): Entry {
  const { cgroup, netns, role, protocol, remote, port, local, isMapped, isGuessed, isRaw } = reading;
  return {
    id: { cgroup, netns, role, protocol, remote, port },
    ...{ local, isMapped, isGuessed, isRaw, reading },
    counters: noCounters(),
    firstSeenMs: nowMs,
    lastActiveMs: nowMs,
    slotAtMs: nowMs,
    before: EMPTY,
    now: EMPTY,
  };
}

function advance(entry: Entry, nowMs: number): void {
  const slots = Math.floor((nowMs - entry.slotAtMs) / SLOT_MS);
  if (slots <= 0) return;
  entry.before = slots === 1 ? entry.now : EMPTY;
  entry.now = EMPTY;
  entry.slotAtMs += slots * SLOT_MS;
}

const add = (slot: Slot, grown: FlowCounters): Slot => ({
  bytesOut: slot.bytesOut + grown.bytesOut,
  bytesIn: slot.bytesIn + grown.bytesIn,
  connections: slot.connections + Math.max(grown.attempts, grown.established),
  failures: slot.failures + failuresOf(grown),
});
