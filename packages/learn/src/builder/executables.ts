import { LIMITS } from './limits.js';

/** A program of the workload. */
export interface Executable {
  readonly id: number;
  readonly path: string;
  /** Some process ran it with all rights over users: what it then gives up needs a capability. */
  ranAsRoot: boolean;
}

/** Programs by path, and by the number that lists of who did something are made of. */
export class Executables {
  readonly #byPath = new Map<string, Executable>();
  readonly #byId: Executable[] = [];
  #omitted = 0;

  get omitted(): number {
    return this.#omitted;
  }

  /** Beyond the limit all share one without a name. */
  of(path: string): Executable {
    const known = this.#byPath.get(path);
    if (known !== undefined) return known;
    if (this.#byId.length >= LIMITS.executables) {
      this.#omitted += 1;
      return this.#byPath.get('') ?? this.#add('');
    }
    return this.#add(path);
  }

  #add(path: string): Executable {
    const made = { id: this.#byId.length, path, ranAsRoot: false };
    this.#byPath.set(path, made);
    this.#byId.push(made);
    return made;
  }

  /** Sorted paths. */
  paths(ids: readonly number[]): readonly string[] {
    return ids
      .map((id) => this.#byId[id]?.path ?? '')
      .filter((path) => path !== '')
      .sort();
  }

  ids(paths: readonly string[]): number[] {
    return paths.map((path) => this.of(path).id);
  }
}
