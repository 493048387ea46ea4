import { BoundedMap } from './bounded-map.js';
import type { Breaker } from './model.js';

const MOST_RULES = 4096;
/** Beyond the largest number of workloads a breaker may ask for nothing need be remembered. */
const MOST_WORKLOADS = 10_001;

interface Standing {
  /** When each workload was hit last. */
  readonly hits: BoundedMap<string, number>;
  /** Until when the rule is not responded to; undefined: it is. */
  openUntilMs: number | undefined;
}

/** What a hit came to. */
export type BreakerState = 'closed' | 'opens' | 'open';

/**
 * A rule that suddenly fits many workloads is more often a bad rule, or an update rolled out, than an attack everywhere at
 * once; and if it is one, people have to look.
 */
export class CircuitBreaker {
  readonly #rules = new BoundedMap<string, Standing>(MOST_RULES);

  hit(rule: string, workload: string, { workloads, withinMs, restMs }: Breaker, nowMs: number): BreakerState {
    const standing = this.#rules.get(rule) ?? {
      hits: new BoundedMap(MOST_WORKLOADS),
      openUntilMs: undefined,
    };
    this.#rules.set(rule, standing);
    standing.hits.set(workload, nowMs);
    for (const [each, atMs] of standing.hits.entries())
      if (nowMs - atMs > withinMs) standing.hits.delete(each);
    const wasOpen = standing.openUntilMs !== undefined && nowMs < standing.openUntilMs;
    if (!wasOpen && standing.hits.size < workloads) {
      standing.openUntilMs = undefined;
      return 'closed';
    }
    standing.openUntilMs = nowMs + restMs;
    return wasOpen ? 'open' : 'opens';
  }

  /** Rules that are not responded to now. */
  open(nowMs: number): readonly { readonly rule: string; readonly untilMs: number }[] {
    return [...this.#rules.entries()].flatMap(([rule, { openUntilMs }]) =>
      openUntilMs !== undefined && nowMs < openUntilMs ? [{ rule, untilMs: openUntilMs }] : [],
    );
  }

  /** False when it was not open. */
  resume(rule: string, nowMs: number): boolean {
    const standing = this.#rules.get(rule);
    const wasOpen = standing?.openUntilMs !== undefined && nowMs < standing.openUntilMs;
    if (wasOpen) this.#rules.delete(rule);
    return wasOpen;
  }
}
