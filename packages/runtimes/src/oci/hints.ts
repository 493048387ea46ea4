import { basename, isAbsolute, resolve } from 'node:path';

/** Places of a container's metadata that the command lines of its ancestors give away. */
export interface RuntimeHints {
  /** State folders of runc or crun (`--root`). */
  readonly stateRoots: readonly StateRoot[];
  /** Bundle folders (`--bundle`), nearest ancestor first. */
  readonly bundles: readonly BundleHint[];
  /** Storage folders of Podman, from the clean-up command its monitor carries. */
  readonly podmanRoots: readonly string[];
}

export interface StateRoot {
  readonly runtime: 'runc' | 'crun';
  readonly path: string;
}

export interface BundleHint {
  readonly runtime: 'runc' | 'crun' | 'podman';
  readonly path: string;
}

const MAX_ANCESTORS = 64;
const MAX_ARGS = 4096;
const MAX_PATH_CHARS = 4096;
/** conmon passes arguments through to others by wrapping each one. */
const WRAPPERS: ReadonlySet<string> = new Set(['--exit-command-arg', '--runtime-arg']);

/**
 * Reads the hints of those command lines that name the container `id` as a word of their own. Pure.
 *
 * `cwds` runs beside `args`: it makes relative paths usable, and is the bundle of a runtime that was given none.
 * Both must come from processes outside the container; what is inside can claim anything.
 */
export function readHints(
  id: string,
  args: readonly (readonly string[])[],
  cwds: readonly string[] = [],
): RuntimeHints {
  const stateRoots: StateRoot[] = [];
  const bundles: BundleHint[] = [];
  const podmanRoots: string[] = [];
  for (const [index, argv] of args.slice(0, MAX_ANCESTORS).entries()) {
    const words = argv.slice(0, MAX_ARGS).filter((word) => !WRAPPERS.has(word));
    if (!words.includes(id)) continue;
    const path = (value: string | undefined): string | undefined => absolute(value, cwds[index]);
    const root = path(flag(words, ['--root', '-root']));
    const bundle = path(flag(words, ['--bundle', '-b', '-bundle']));
    const program = programOf(words[0] ?? '');
    if (program === 'conmon') {
      if (bundle !== undefined) bundles.push({ runtime: 'podman', path: bundle });
      if (root !== undefined) podmanRoots.push(root);
    } else if (program !== undefined) {
      if (root !== undefined) stateRoots.push({ runtime: program, path: root });
      const folder = bundle ?? path('.');
      if (folder !== undefined) bundles.push({ runtime: program, path: folder });
    }
  }
  return { stateRoots, bundles, podmanRoots };
}

function programOf(argv0: string): 'runc' | 'crun' | 'conmon' | undefined {
  const name = basename(argv0);
  if (name === 'conmon' || name === 'crun') return name;
  return /^(?:[a-z-]+-)?runc$/.test(name) ? 'runc' : undefined;
}

/** `--flag VALUE` or `--flag=VALUE`, the first one given. */
function flag(words: readonly string[], names: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    for (const name of names) {
      if (word === name) return words[index + 1];
      if (word.startsWith(`${name}=`)) return word.slice(name.length + 1);
    }
  }
  return undefined;
}

function absolute(path: string | undefined, cwd: string | undefined): string | undefined {
  if (path === undefined || path === '' || path.length > MAX_PATH_CHARS || path.includes('\0'))
    return undefined;
  if (isAbsolute(path)) return resolve(path);
  return cwd !== undefined && isAbsolute(cwd) ? resolve(cwd, path) : undefined;
}
