import type { ProcessInfo } from '@runward/events';
import type { ProcessObservation } from '@runward/policy';
import { compare } from './files.js';
import { LIMITS } from './limits.js';
import { type Moment, News, Tally } from './tally.js';

interface Entry {
  readonly path: string;
  readonly parent: string;
  readonly tally: Tally;
  readonly samples: Set<string>;
  upperLayer: boolean;
  memfd: boolean;
  setuid: boolean;
}

/** Programs that ran, by path and by who started them. */
export class Processes {
  readonly #entries = new Map<string, Map<string, Entry>>();
  #size = 0;
  #omitted = 0;

  get omitted(): number {
    return this.#omitted;
  }

  /** `path` need not be the image's own: a script is noted besides its interpreter. */
  note(path: string, parent: string, process: ProcessInfo, moment: Moment): number {
    const entry = this.#entries.get(path)?.get(parent) ?? this.#meet(path, parent);
    if (entry === undefined) return News.nothing;
    let news = entry.tally.touch(moment);
    const { executable } = process;
    if (path === executable.path) {
      entry.upperLayer ||= executable.upperLayer;
      entry.memfd ||= executable.memfd;
      entry.setuid ||= executable.setuid || executable.setgid;
    }
    if (entry.samples.size < LIMITS.argumentSamples) {
      const { size } = entry.samples;
      entry.samples.add(argumentText(process));
      if (entry.samples.size !== size) news |= News.phase;
    }
    return news;
  }

  #meet(path: string, parent: string): Entry | undefined {
    if (this.#size < LIMITS.processes) return this.#add(path, parent, new Tally());
    this.#omitted += 1;
    return undefined;
  }

  #add(path: string, parent: string, tally: Tally): Entry {
    const made: Entry = {
      path,
      parent,
      tally,
      samples: new Set(),
      upperLayer: false,
      memfd: false,
      setuid: false,
    };
    const parents = this.#entries.get(path) ?? new Map<string, Entry>();
    this.#entries.set(path, parents.set(parent, made));
    this.#size += 1;
    return made;
  }

  restore(observations: readonly ProcessObservation[]): void {
    for (const seen of observations.slice(0, LIMITS.processes)) {
      const entry = this.#add(seen.path, seen.parent, Tally.restore(seen));
      for (const sample of seen.argumentSamples) entry.samples.add(sample);
      entry.upperLayer = seen.upperLayer;
      entry.memfd = seen.memfd;
      entry.setuid = seen.setuid;
    }
  }

  observations(): readonly ProcessObservation[] {
    return [...this.#entries.values()]
      .flatMap((parents) => [...parents.values()])
      .map(({ path, parent, tally, samples, upperLayer, memfd, setuid }) => ({
        path,
        parent,
        argumentSamples: [...samples].sort(),
        upperLayer,
        memfd,
        setuid,
        ...tally.seen,
      }))
      .sort((a, b) => compare(a.path, b.path) || compare(a.parent, b.parent));
  }
}

/** What follows argv[0], joined by one blank. */
function argumentText({ args }: ProcessInfo): string {
  const text = args.slice(1).join(' ');
  return text.length <= LIMITS.argumentLength ? text : `${text.slice(0, LIMITS.argumentLength)}…`;
}
