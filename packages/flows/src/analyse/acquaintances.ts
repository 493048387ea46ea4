import type { Step } from './step.js';
import type { Thresholds } from './thresholds.js';

interface Acquaintance {
  readonly sinceMs: number;
  readonly fromStart: boolean;
}

/** Names of workloads; the one asked longest ago is forgotten first. */
const MOST = 16_384;

/**
 * Names outside that a workload is known to ask: from the start of one of its containers, or for long. An address without
 * a name is never known: what is made to report somewhere is given a name.
 */
export class Acquaintances {
  readonly #known = new Map<string, Acquaintance>();
  readonly #limits: Thresholds['beacon'];

  constructor({ beacon }: Thresholds) {
    this.#limits = beacon;
  }

  /** Takes note of whom is asked, and says whether that is nobody new. */
  isKnown({ flow, nowMs }: Step): boolean {
    const { self, peer } = flow;
    const { settlingMs, historyMs } = this.#limits;
    const startedMs = self.container?.startedMs;
    const fromStart = startedMs !== undefined && nowMs - startedMs < settlingMs && nowMs >= startedMs;
    const met = (peer.names ?? []).map((name) =>
      this.#meet(`${self.container?.workload} ${name}`, nowMs, fromStart),
    );
    return met.some((each) => each.fromStart || nowMs - each.sinceMs >= historyMs);
  }

  #meet(key: string, nowMs: number, fromStart: boolean): Acquaintance {
    const known = this.#known.get(key) ?? { sinceMs: nowMs, fromStart };
    this.#known.delete(key);
    this.#known.set(key, fromStart ? { ...known, fromStart } : known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
    return this.#known.get(key) ?? known;
  }
}
