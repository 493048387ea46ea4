import type { Tally } from '../compile/probe.js';

/** One run in so many is timed: reading the clock costs as much as a dozen checks. */
const TIMED_EACH = 16;
/** Not the first: it includes making what is made once. */
const TIMED_AT = 8;
const NS_PER_MS = 1e6;

/** Nanoseconds that two readings of the clock take by themselves. */
function clockCost(now: () => number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 200; i++) {
    const before = now();
    least = Math.min(least, now() - before);
  }
  return least * NS_PER_MS;
}

/** @param now monotonic milliseconds with a fraction */
export function tallyFactory(now: () => number): () => Tally {
  const overheadNs = clockCost(now);
  return () => new TimedTally(now, overheadNs);
}

class TimedTally implements Tally {
  runs = 0;
  hits = 0;
  #timed = 0;
  #timedNs = 0;

  constructor(
    readonly now: () => number,
    readonly overheadNs: number,
  ) {}

  get ns(): number {
    return this.#timed === 0 ? 0 : (this.#timedNs / this.#timed) * this.runs;
  }

  run<View, Result>(code: (view: View) => Result, view: View): Result {
    this.runs += 1;
    const result = this.runs % TIMED_EACH === TIMED_AT ? this.#time(code, view) : code(view);
    if (result === true) this.hits += 1;
    return result;
  }

  #time<View, Result>(code: (view: View) => Result, view: View): Result {
    const before = this.now();
    const result = code(view);
    this.#timedNs += Math.max(0, (this.now() - before) * NS_PER_MS - this.overheadNs);
    this.#timed += 1;
    return result;
  }
}
