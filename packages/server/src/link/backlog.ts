/** Holds what was unpacked until it is used, up to a size and one thing more; who comes then waits. */
export class Backlog {
  readonly #most: number;
  #held = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** `make` is called when there is room; what it made is held until `use` has ended. */
  async hold<M extends { readonly size: number }, T>(
    make: () => M,
    use: (made: M) => Promise<T>,
  ): Promise<T> {
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    // Others were let in at the same moment: who finds no room any more is the next.
    while (this.#held >= this.#most) await new Promise<void>((resolve) => this.#waiting.unshift(resolve));
    let size = 0;
    try {
      const made = make();
      size = made.size;
      this.#held += size;
      this.#letIn();
      return await use(made);
    } finally {
      this.#held -= size;
      this.#letIn();
    }
  }

  #letIn(): void {
    if (this.#held < this.#most) this.#waiting.shift()?.();
  }
}
