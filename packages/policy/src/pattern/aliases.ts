import { alternatives, type Glob, literal } from './glob.js';

/**
 * Directories that are links on most systems, and where they lead. Policies see paths with links resolved, so who
 * writes `/bin/x` means `/usr/bin/x` on a system with a merged /usr, and `/bin/x` on one without: both.
 */
const ALIASES: readonly { readonly name: string; readonly also: string; readonly glob: Glob }[] = [
  ...['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'].map((name) => ({
    name: `/${name}`,
    also: `/usr/${name}`,
    glob: [literal('/'), alternatives([], [literal('usr/')]), literal(name)],
  })),
  {
    name: '/var/run',
    also: '/run',
    glob: [literal('/'), alternatives([], [literal('var/')]), literal('run')],
  },
  {
    name: '/var/lock',
    also: '/run/lock',
    glob: [literal('/'), alternatives([literal('var')], [literal('run')]), literal('/lock')],
  },
];

/** The glob with its first component, if it is such a directory written out, standing for both. */
export function withAliases(glob: Glob): Glob {
  const [first, ...rest] = glob;
  if (first?.kind !== 'literal') return glob;
  for (const alias of ALIASES) {
    if (!first.text.startsWith(alias.name)) continue;
    const behind = first.text.slice(alias.name.length);
    if (behind === '' ? rest.length > 0 : behind[0] !== '/') continue;
    return [...alias.glob, ...(behind === '' ? [] : [literal(behind)]), ...rest];
  }
  return glob;
}

/** How a path may be called as well where such a directory is a link, or none; undefined for other paths. */
export function aliasOf(path: string): string | undefined {
  const alias = ALIASES.find(({ name }) => path === name || path.startsWith(`${name}/`));
  return alias === undefined ? undefined : alias.also + path.slice(alias.name.length);
}
