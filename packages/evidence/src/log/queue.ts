import type { GapBody } from './kinds.js';

/** What became of a record that was handed in. */
export type Receipt =
  | { readonly kept: true; readonly seq: number; readonly hash: string }
  | { readonly kept: false; readonly why: string };

export interface Waiting {
  readonly kind: string;
  /** Canonical. */
  readonly body: string;
  readonly mended?: string | undefined;
  readonly time: string;
  readonly told: (receipt: Receipt) => void;
}

interface Lost {
  readonly counts: Map<string, number>;
  readonly why: string;
  readonly firstTime: string;
  lastTime: string;
}

type Entry = { readonly record: Waiting } | { lost: Lost; frozen: boolean };

export interface QueueBounds {
  readonly records: number;
  /** Of text. */
  readonly bytes: number;
}

/**
 * Records on their way to the disk, within bounds. What finds no room is counted where it would have stood, and the count
 * is a record itself.
 */
export class LogQueue {
  readonly #bounds: QueueBounds;
  readonly #encodeGap: (body: GapBody) => string;
  #entries: Entry[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(bounds: QueueBounds, encodeGap: (body: GapBody) => string) {
    this.#bounds = bounds;
    this.#encodeGap = encodeGap;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Records that found no room, in all. */
  get dropped(): number {
    return this.#dropped;
  }

  /** False when there was no room; it is counted then, with why. */
  offer(record: Waiting, why: string): boolean {
    const { records, bytes } = this.#bounds;
    if (this.#entries.length >= records || this.#bytes + record.body.length > bytes) {
      this.lose(record.kind, record.time, why);
      return false;
    }
    this.#entries.push({ record });
    this.#bytes += record.body.length;
    return true;
  }

  /** Counts a record that is not to be had. */
  lose(kind: string, time: string, why: string): void {
    this.#dropped += 1;
    const last = this.#entries.at(-1);
    if (last !== undefined && 'lost' in last && !last.frozen && last.lost.why === why) {
      last.lost.counts.set(kind, (last.lost.counts.get(kind) ?? 0) + 1);
      last.lost.lastTime = time;
      return;
    }
    const lost = { counts: new Map([[kind, 1]]), why, firstTime: time, lastTime: time };
    this.#entries.push({ lost, frozen: false });
  }

  /** The first of those that wait, up to a size. They stay until they are {@link take}n or {@link putBack}. */
  peek(maxBytes: number): readonly Waiting[] {
    const found: Waiting[] = [];
    let bytes = 0;
    for (const entry of this.#entries) {
      const record = 'record' in entry ? entry.record : this.#gap(entry.lost);
      bytes += record.body.length;
      if (found.length > 0 && bytes > maxBytes) break;
      if ('lost' in entry) entry.frozen = true;
      found.push(record);
    }
    return found;
  }

  /** What was looked at was not kept: counts go on where they were. */
  putBack(): void {
    for (const entry of this.#entries) if ('lost' in entry) entry.frozen = false;
  }

  take(count: number): void {
    for (const entry of this.#entries.splice(0, count))
      if ('record' in entry) this.#bytes -= entry.record.body.length;
  }

  #gap({ counts, why, firstTime, lastTime }: Lost): Waiting {
    const lost = Object.fromEntries(counts);
    const body = this.#encodeGap({ where: 'log', why, lost, firstTime, lastTime });
    return { kind: 'gap', body, time: lastTime, told: () => undefined };
  }
}
