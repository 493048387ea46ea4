import type { NameObservation } from '@runward/policy';
import type { Executables } from './executables.js';
import { compare } from './files.js';
import { addBy, LIMITS } from './limits.js';
import { type Moment, News, Tally } from './tally.js';

type Evidence = NameObservation['evidence'];

interface Entry {
  readonly name: string;
  readonly tally: Tally;
  readonly by: number[];
  evidence: Evidence;
}

/** Things that have just a name: capabilities, system calls, handles of the kernel. */
export class Names {
  readonly #entries = new Map<string, Entry>();
  readonly #executables: Executables;

  constructor(executables: Executables) {
    this.#executables = executables;
  }

  note(name: string, evidence: Evidence, executable: number | undefined, moment: Moment): number {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      if (this.#entries.size >= LIMITS.names) return News.nothing; // the kernel has fewer names than that
      entry = { name, tally: new Tally(), by: [], evidence };
      this.#entries.set(name, entry);
    }
    if (evidence === 'seen') entry.evidence = evidence;
    const news = entry.tally.touch(moment);
    return executable !== undefined && addBy(entry.by, executable) ? news | News.phase : news;
  }

  restore(observations: readonly NameObservation[]): void {
    for (const seen of observations.slice(0, LIMITS.names)) {
      const { name, evidence } = seen;
      const by = this.#executables.ids(seen.by);
      this.#entries.set(name, { name, tally: Tally.restore(seen), by, evidence });
    }
  }

  observations(): readonly NameObservation[] {
    return [...this.#entries.values()]
      .map(({ name, tally, by, evidence }) => ({
        name,
        by: this.#executables.paths(by),
        evidence,
        ...tally.seen,
      }))
      .sort((a, b) => compare(a.name, b.name));
  }
}
