import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupMounts, startOf } from './leftovers.js';

/** How often it is looked: what is told of the time is told to this much. */
const LOOK_MS = 5;

/** Notices when somebody else ends or freezes a container. */
export class Fate {
  readonly #pid: number;
  readonly #start: string | undefined;
  readonly #files: readonly string[];
  readonly #timer: NodeJS.Timeout;
  #metAtMs: number | undefined;

  constructor(pid: number, cgroup: string) {
    this.#pid = pid;
    this.#start = startOf(pid);
    // Version 2 says `frozen 1` in cgroup.events, the freezer of version 1 FROZEN in freezer.state.
    this.#files = cgroupMounts()
      .flatMap((mount) => ['cgroup.events', 'freezer.state'].map((name) => join(mount, cgroup, name)))
      .filter((path) => existsSync(path));
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** Milliseconds since the epoch; undefined while it runs as it should. */
  get metAtMs(): number | undefined {
    return this.#metAtMs;
  }

  /** What happens from now on is the drill's own doing. */
  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (!this.#isGone() && !this.#isFrozen()) return;
    this.#metAtMs = performance.timeOrigin + performance.now();
    this.close();
  }

  #isGone(): boolean {
    try {
      const stat = readFileSync(`/proc/${this.#pid}/stat`, 'utf8');
      const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // proc(5): the 22nd value, of which the first two are cut off.
      return state === 'Z' || state === 'X' || rest[18] !== this.#start;
    } catch {
      return true;
    }
  }

  #isFrozen(): boolean {
    return this.#files.some((path) => {
      try {
        return /^(?:frozen 1|FROZEN)$/m.test(readFileSync(path, 'utf8'));
      } catch {
        return false;
      }
    });
  }
}
