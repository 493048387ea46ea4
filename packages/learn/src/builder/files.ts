import { FILE_OPERATIONS, type FileObservation, type FileOperation } from '@runward/policy';
import type { Executables } from './executables.js';
import { addBy, LIMITS } from './limits.js';
import { type Moment, News, Tally } from './tally.js';

export type FileMount = FileObservation['mount'];

/** Bits of operations, in the order of {@link FILE_OPERATIONS}. */
export const Op = Object.fromEntries(FILE_OPERATIONS.map((name, bit) => [name, 1 << bit])) as Readonly<
  Record<FileOperation, number> // every name of the list is a key
>;

const operationsOf = (bits: number): readonly FileOperation[] =>
  FILE_OPERATIONS.filter((name) => (bits & Op[name]) !== 0);

interface Entry {
  readonly path: string;
  readonly tally: Tally;
  readonly mount: FileMount;
  readonly by: number[];
  operations: number;
  owner: 'unknown' | 'own' | 'other';
}

/** What is known of the file beside its path. */
export interface FileFacts {
  /** Whether the acting user owns it; undefined where the event does not tell. */
  readonly isOwn: boolean | undefined;
  readonly executable: number;
}

/** Files by path. A path that is known costs one look-up. */
export class Files {
  readonly #entries = new Map<string, Entry>();
  readonly #perDirectory = new Map<string, number>();
  readonly #executables: Executables;
  #omitted = 0;

  constructor(executables: Executables) {
    this.#executables = executables;
  }

  get omitted(): number {
    return this.#omitted;
  }

  /** `mountOf` is asked for new paths only. Returns whether something about it is new, as bits of `News`. */
  note(
    path: string,
    operations: number,
    facts: FileFacts,
    moment: Moment,
    mountOf: (path: string) => FileMount,
  ): number {
    const entry = this.#entries.get(path) ?? this.#meet(path, mountOf);
    if (entry === undefined) return News.nothing;
    let news = entry.tally.touch(moment);
    if ((entry.operations & operations) !== operations) {
      entry.operations |= operations;
      news |= News.first;
    }
    if (addBy(entry.by, facts.executable)) news |= News.phase;
    if (facts.isOwn === false) entry.owner = 'other';
    else if (facts.isOwn === true && entry.owner === 'unknown') entry.owner = 'own';
    return news;
  }

  #meet(path: string, mountOf: (path: string) => FileMount): Entry | undefined {
    const directory = path.slice(0, path.lastIndexOf('/'));
    const siblings = this.#perDirectory.get(directory) ?? 0;
    const place = siblings < LIMITS.filesPerDirectory ? path : `${directory}/*`;
    const known = this.#entries.get(place);
    if (known !== undefined) return known;
    if (this.#entries.size >= LIMITS.files) {
      this.#omitted += 1;
      return undefined;
    }
    this.#perDirectory.set(directory, siblings + 1);
    return this.#add(place, new Tally(), mountOf(path));
  }

  #add(path: string, tally: Tally, mount: FileMount): Entry {
    const entry: Entry = { path, tally, mount, by: [], operations: 0, owner: 'unknown' };
    this.#entries.set(path, entry);
    return entry;
  }

  restore(observations: readonly FileObservation[]): void {
    for (const seen of observations.slice(0, LIMITS.files)) {
      const entry = this.#add(seen.path, Tally.restore(seen), seen.mount);
      for (const name of FILE_OPERATIONS) if (seen.operations.includes(name)) entry.operations |= Op[name];
      entry.by.push(...this.#executables.ids(seen.by));
      entry.owner = seen.ownerOnly ? 'own' : 'other';
      const directory = seen.path.slice(0, seen.path.lastIndexOf('/'));
      this.#perDirectory.set(directory, (this.#perDirectory.get(directory) ?? 0) + 1);
    }
  }

  observations(): readonly FileObservation[] {
    return [...this.#entries.values()]
      .map(({ path, tally, mount, by, operations, owner }) => ({
        path,
        operations: operationsOf(operations),
        by: this.#executables.paths(by),
        ownerOnly: owner === 'own',
        mount,
        ...tally.seen,
      }))
      .sort((a, b) => compare(a.path, b.path));
  }
}

export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
