import { closeFd, openPath } from '@runward/native';
import type { PathPattern } from '@runward/policy';
import { matchesAny } from '@runward/policy/pattern';
import { IntegrityError } from '../error.js';
import { type FileState, fileState, type ReadOptions } from '../scan/file-state.js';
import { pathsIn } from '../scan/tree.js';
import { isSecretPath, isSecretText } from '../secrets.js';
import type { Watch } from '../settings/settings.js';
import type { BaselineStore } from '../store/baseline-store.js';
import { changeOf, type FileChange } from './change.js';

export interface ScopeOptions {
  /** `host`, or the id of the container. */
  readonly id: string;
  readonly name: string;
  /** `/`, or `/proc/PID/root`. */
  readonly root: string;
  readonly watches: readonly Watch[];
  readonly secrets: readonly PathPattern[];
}

/** The watched files of the host or of one container: what they were, and what became of them. */
export class ScopeCheck {
  readonly #store: BaselineStore;
  readonly #options: ScopeOptions;
  readonly #paths: readonly PathPattern[];
  readonly #exclude: readonly PathPattern[];
  readonly #withText: readonly PathPattern[];

  constructor(store: BaselineStore, options: ScopeOptions) {
    this.#store = store;
    this.#options = options;
    this.#paths = options.watches.flatMap(({ paths }) => paths);
    this.#exclude =
      options.watches.length === 1 ? (options.watches[0]?.exclude ?? []) : commonExclude(options.watches);
    this.#withText = options.watches.filter(({ content }) => content).flatMap(({ paths }) => paths);
  }

  get hasBaseline(): boolean {
    return this.#store.numberOf(this.#options.id) !== undefined;
  }

  /** Whether a path is watched. */
  watches(path: string): boolean {
    return this.#options.watches.some(
      ({ paths, exclude }) => matchesAny(paths, path) && !matchesAny(exclude, path),
    );
  }

  /** Takes what is there now for what it should be. Resolves to how many files that is. @throws IntegrityError */
  takeBaseline(): Promise<number> {
    return this.#inRoot((rootFd) =>
      this.#store.together(async () => {
        const scope = this.#store.begin(this.#options.id, this.#options.name);
        let count = 0;
        for await (const path of this.#walk(rootFd)) {
          const state = await this.#stateOf(rootFd, path, undefined);
          if (state === undefined) continue;
          this.#store.put(scope, path, state);
          count += 1;
        }
        return count;
      }),
    );
  }

  /**
   * Everything that is not as it was; with `below` only what is there and below it. `thorough`: reads files whose times, size and
   * inode are the same too.
   *
   * @throws IntegrityError INTEGRITY_NO_BASELINE, INTEGRITY_NO_ROOT, INTEGRITY_STORE
   */
  check({
    thorough = false,
    below,
  }: {
    readonly thorough?: boolean;
    readonly below?: string;
  } = {}): Promise<readonly FileChange[]> {
    return this.#inRoot((rootFd) =>
      this.#store.together(async () => {
        const scope = this.#scope();
        const round = Math.floor(performance.timeOrigin + performance.now());
        const changes: FileChange[] = [];
        for await (const path of this.#walk(rootFd, below)) {
          const before = this.#store.get(scope, path);
          const after = await this.#stateOf(rootFd, path, thorough ? undefined : before);
          if (after === undefined) continue;
          if (before !== undefined) this.#store.markSeen(scope, path, round);
          const change = changeOf(path, before, after);
          if (change !== undefined) changes.push(change);
          else {
            if (before !== undefined && before.version !== after.version)
              this.#store.setVersion(scope, path, after.version);
            this.#store.setTold(scope, path, '');
          }
        }
        for (const before of this.#store.unseen(scope, round, below)) {
          const change = changeOf(before.path, before, undefined);
          if (change !== undefined) changes.push(change);
        }
        return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
      }),
    );
  }

  /** Takes what became of these files for what they should be. */
  accept(paths: readonly string[]): Promise<void> {
    return this.#inRoot((rootFd) =>
      this.#store.together(async () => {
        const scope = this.#scope();
        for (const path of paths) {
          const state = await this.#stateOf(rootFd, path, undefined);
          if (state === undefined) this.#store.drop(scope, path);
          else this.#store.put(scope, path, state);
        }
      }),
    );
  }

  async *#walk(rootFd: number, below?: string): AsyncGenerator<string> {
    for await (const path of pathsIn(rootFd, this.#paths, this.#exclude, below))
      if (this.watches(path)) yield path;
  }

  async #stateOf(rootFd: number, path: string, known: ReadOptions['known']): Promise<FileState | undefined> {
    const keepText = matchesAny(this.#withText, path) && !isSecretPath(path, this.#options.secrets);
    const state = await fileState(rootFd, path, { known, keepText });
    return state?.text != null && isSecretText(state.text) ? { ...state, text: null } : state;
  }

  #scope(): number {
    const { id, name } = this.#options;
    const scope = this.#store.numberOf(id);
    if (scope !== undefined) return scope;
    throw new IntegrityError('INTEGRITY_NO_BASELINE', `there is no baseline of \`${name}\``, {
      help: 'take one: `runward integrity baseline`',
    });
  }

  async #inRoot<T>(work: (rootFd: number) => Promise<T>): Promise<T> {
    const { root, name } = this.#options;
    const rootFd = openPath(root.endsWith('/') ? root : `${root}/`);
    if (rootFd < 0)
      throw new IntegrityError('INTEGRITY_NO_ROOT', `the root of \`${name}\` cannot be opened`, {
        help: 'the container may have ended; run as root',
      });
    try {
      return await work(rootFd);
    } finally {
      closeFd(rootFd);
    }
  }
}

/** Folders that no watch looks into need not be walked. */
const commonExclude = (watches: readonly Watch[]): readonly PathPattern[] =>
  (watches[0]?.exclude ?? []).filter(({ text }) =>
    watches.every(({ exclude }) => exclude.some((each) => each.text === text)),
  );
