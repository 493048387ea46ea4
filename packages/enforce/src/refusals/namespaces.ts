import { readdirSync, readlinkSync } from 'node:fs';

/** How often all processes are gone through for a namespace that none is known to be in. */
const LOOK_MS = 1000;
const MOST = 4096;

/** Which process is in a network namespace, by its number. */
export class NetworkNamespaces {
  readonly #known = new Map<number, number>();
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  /** Path of the namespace's file; undefined when no process is in it, or none was a moment ago. */
  pathOf(netns: number, nowMs = performance.now()): string | undefined {
    const pid = this.#known.get(netns);
    if (pid !== undefined && numberOf(pid) === netns) return pathOf(pid);
    this.#known.delete(netns);
    if (nowMs - this.#lookedAtMs < LOOK_MS) return undefined;
    this.#lookedAtMs = nowMs;
    this.#look();
    const found = this.#known.get(netns);
    return found === undefined ? undefined : pathOf(found);
  }

  #look(): void {
    this.#known.clear();
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      const netns = Number.isInteger(pid) ? numberOf(pid) : undefined;
      if (netns !== undefined && !this.#known.has(netns)) this.#known.set(netns, pid);
      if (this.#known.size >= MOST) return;
    }
  }
}

const pathOf = (pid: number): string => `/proc/${pid}/ns/net`;

function numberOf(pid: number): number | undefined {
  try {
    const [, number] = /^net:\[(\d+)\]$/.exec(readlinkSync(pathOf(pid))) ?? [];
    return number === undefined ? undefined : Number(number);
  } catch {
    return undefined; // it has ended
  }
}
