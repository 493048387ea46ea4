const MOST_KEPT = 10_000;

/**
 * Holds back who guesses: after some failures of a name the next try has to wait, twice as long each time. Names that are
 * none are counted as well, so that nothing tells them from those that are.
 */
export class Attempts {
  readonly #failures = new Map<string, { count: number; until: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** How long the name has to wait, in milliseconds. */
  waitOf(name: string): number {
    return Math.max(0, (this.#failures.get(name)?.until ?? 0) - this.#now());
  }

  failed(name: string): void {
    const count = (this.#failures.get(name)?.count ?? 0) + 1;
    const waitMs = count < 5 ? 0 : Math.min(900_000, 1000 * 2 ** (count - 5));
    this.#failures.delete(name);
    this.#failures.set(name, { count, until: this.#now() + waitMs });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_KEPT && oldest !== undefined) this.#failures.delete(oldest);
  }

  succeeded(name: string): void {
    this.#failures.delete(name);
  }
}
