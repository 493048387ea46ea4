import type { Seen } from '@runward/policy';

/** When and where something happens: one object per stream of events, moved along with it. */
export interface Moment {
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** The container is in its first minute. */
  readonly isStartup: boolean;
  /** A bit of its own for each of the first 31 containers; 0 beyond. */
  readonly replicaBit: number;
}

/** What {@link Tally.touch} found new, as bits. */
export const News = { nothing: 0, first: 1, phase: 2, replica: 4 } as const;

/** Counts one thing that is observed again and again; allocates nothing. */
export class Tally {
  #count = 0;
  #firstMs = 0;
  #lastMs = 0;
  #startup = false;
  #steady = false;
  /** Containers of this run; those of earlier ones are a number only. */
  #replicaBits = 0;
  #replicas = 0;

  static restore(seen: Seen): Tally {
    const tally = new Tally();
    tally.#count = seen.count;
    tally.#firstMs = seen.firstMs;
    tally.#lastMs = seen.lastMs;
    tally.#startup = seen.startup;
    tally.#steady = seen.steady;
    tally.#replicas = seen.replicas;
    return tally;
  }

  touch(moment: Moment): number {
    let news: number = News.nothing;
    if (this.#count === 0) {
      news = News.first;
      this.#firstMs = moment.nowMs;
    }
    this.#count += 1;
    if (moment.nowMs > this.#lastMs) this.#lastMs = moment.nowMs;
    if (moment.isStartup) {
      if (!this.#startup) news |= News.phase;
      this.#startup = true;
    } else {
      if (!this.#steady) news |= News.phase;
      this.#steady = true;
    }
    if ((this.#replicaBits & moment.replicaBit) !== moment.replicaBit) {
      this.#replicaBits |= moment.replicaBit;
      news |= News.replica;
    }
    return news;
  }

  get seen(): Seen {
    return {
      count: this.#count,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      startup: this.#startup,
      steady: this.#steady,
      replicas: Math.max(this.#replicas, bitCount(this.#replicaBits), 1),
    };
  }
}

function bitCount(bits: number): number {
  let count = 0;
  for (let left = bits >>> 0; left !== 0; left &= left - 1) count += 1;
  return count;
}
