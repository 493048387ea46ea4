import type { DetectionFeed, Observed } from './feed.js';

/** A container that does something odd a thousand times is no reason to keep a thousand reports. */
const MOST_KEPT = 1000;

/** Keeps what is reported of the drill's own containers, and tells who waits for it. */
export class Watch {
  readonly #seen = new Map<string, Observed[]>();
  readonly #waiting = new Map<string, (observed: Observed) => void>();

  constructor(feed: DetectionFeed) {
    feed.follow((observed) => {
      const mine = this.#seen.get(observed.containerId);
      if (mine === undefined) return;
      if (mine.length < MOST_KEPT) mine.push(observed);
      this.#waiting.get(observed.containerId)?.(observed);
    });
  }

  /** From now on, before the container is there. */
  expect(containerId: string): void {
    this.#seen.set(containerId, []);
  }

  of(containerId: string): readonly Observed[] {
    return this.#seen.get(containerId) ?? [];
  }

  /** The first that fits, seen already or within the time; undefined otherwise or when aborted. */
  until(
    containerId: string,
    fits: (observed: Observed) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Observed | undefined> {
    const found = this.of(containerId).find(fits);
    if (found !== undefined || signal.aborted) return Promise.resolve(found);
    return new Promise((resolve) => {
      const end = (observed?: Observed): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#waiting.delete(containerId);
        resolve(observed);
      };
      const onAbort = (): void => end();
      const timer = setTimeout(onAbort, timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.set(containerId, (observed) => {
        if (fits(observed)) end(observed);
      });
    });
  }
}
