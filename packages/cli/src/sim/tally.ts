/** Most of the latencies that are kept; beyond that each new one takes the place of one by chance. */
const MOST_KEPT = 100_000;

export interface Figures {
  readonly agents: number;
  readonly connected: number;
  readonly seconds: number;
  readonly made: number;
  /** Stored, by what the server said. */
  readonly acknowledged: number;
  readonly doubled: number;
  readonly missing: number;
  /** Made and found no room: the server was away, or too slow, for longer than a node's memory holds. */
  readonly lost: number;
  readonly waiting: number;
  readonly batches: number;
  readonly perSecond: number;
  /** From the sending of a batch to its acknowledgement. */
  readonly latencyMs: {
    readonly median: number;
    readonly p95: number;
    readonly p99: number;
    readonly most: number;
  };
  readonly errors: Readonly<Record<string, number>>;
  /** What this process took, of the same machine perhaps. */
  readonly cpuSeconds: number;
}

/** Counts what a simulated fleet did. */
export class Tally {
  made = 0;
  acknowledged = 0;
  doubled = 0;
  missing = 0;
  lost = 0;
  batches = 0;
  #most = 0;
  readonly #latencies: number[] = [];
  readonly #errors = new Map<string, number>();

  latency(ms: number): void {
    this.batches += 1;
    this.#most = Math.max(this.#most, ms);
    if (this.#latencies.length < MOST_KEPT) this.#latencies.push(ms);
    else {
      const at = Math.floor(Math.random() * this.batches);
      if (at < MOST_KEPT) this.#latencies[at] = ms;
    }
  }

  failed(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    // Of several thousand nodes: not one message for each port or number.
    const kind = text.replace(/\d+/g, 'N').slice(0, 200);
    if (this.#errors.size < 50 || this.#errors.has(kind))
      this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + 1);
  }

  figures(now: {
    agents: number;
    connected: number;
    seconds: number;
    waiting: number;
    cpuSeconds: number;
  }): Figures {
    const { made, acknowledged, doubled, missing, lost, batches } = this;
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const at = (part: number): number =>
      Math.round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0);
    return {
      ...now,
      ...{ made, acknowledged, doubled, missing, lost, batches },
      perSecond: Math.round(acknowledged / Math.max(0.001, now.seconds)),
      latencyMs: { median: at(0.5), p95: at(0.95), p99: at(0.99), most: Math.round(this.#most) },
      errors: Object.fromEntries([...this.#errors].toSorted((a, b) => b[1] - a[1])),
    };
  }
}
