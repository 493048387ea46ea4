/** At most `limit` tasks at a time; the rest wait their turn, first come first served. */
export class Gate {
  private active = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.active >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.active += 1;
    try {
      return await task();
    } finally {
      // The turn is handed over, not given back: a newcomer cannot slip in between.
      const next = this.waiting.shift();
      if (next === undefined) this.active -= 1;
      else next();
    }
  }
}

/** Maps with bounded concurrency; what fails or is undefined is left out. */
export async function collect<T, R>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<R | undefined>,
): Promise<readonly R[]> {
  const gate = new Gate(limit);
  const results = await Promise.all(items.map((item) => gate.run(() => task(item).catch(() => undefined))));
  return results.filter((result) => result !== undefined);
}
