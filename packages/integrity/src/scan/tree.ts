import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { closeFd, openInRoot } from '@runward/native';
import type { PathPattern } from '@runward/policy';
import { globOf, matchesAny } from '@runward/policy/pattern';

/** The kernel's own, which are no files that somebody keeps. */
const KERNEL_FOLDERS: ReadonlySet<string> = new Set(['/proc', '/sys', '/dev']);
const ENTRIES_A_TURN = 500;

/** The folder a pattern begins with, before its first star; the path itself where it has none. */
export function fixedBegin(pattern: PathPattern): string {
  if (pattern.kind !== 'glob') return pattern.text;
  const [first] = globOf(pattern);
  const text = first?.kind === 'literal' ? first.text : '/';
  return text.slice(0, text.lastIndexOf('/')) || '/';
}

/** Whether a folder can hold what a pattern accepts: below where it begins, or on the way there. */
const isOnTheWay = (begins: readonly string[], folder: string): boolean =>
  begins.some(
    (begin) =>
      begin === '/' || folder === begin || folder.startsWith(`${begin}/`) || begin.startsWith(`${folder}/`),
  );

/**
 * Paths below a root that the patterns accept, one after the other; links are not followed. One folder's names are in memory
 * at a time, and the names of folders that are still to be looked at.
 */
export async function* pathsIn(
  rootFd: number,
  patterns: readonly PathPattern[],
  exclude: readonly PathPattern[],
  below?: string,
): AsyncGenerator<string> {
  const begins = [...new Set(patterns.map(fixedBegin))];
  const starts = below === undefined ? outermost(begins) : [below];
  let count = 0;
  for (const start of starts) {
    const left = [start];
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (KERNEL_FOLDERS.has(path) || matchesAny(exclude, path)) continue;
      count += 1;
      if (count % ENTRIES_A_TURN === 0) await turn();
      if (matchesAny(patterns, path)) yield path;
      if (!isOnTheWay(begins, path)) continue;
      const names = namesIn(rootFd, path);
      for (const name of names) left.push(path === '/' ? `/${name}` : `${path}/${name}`);
    }
  }
}

const outermost = (begins: readonly string[]): readonly string[] =>
  begins.filter(
    (begin) => !begins.some((other) => other !== begin && (other === '/' || begin.startsWith(`${other}/`))),
  );

/** [] for what is no folder. */
function namesIn(rootFd: number, folder: string): readonly string[] {
  const fd = openInRoot(rootFd, folder, folder !== '/');
  if (fd < 0) return [];
  try {
    return readdirSync(`/proc/self/fd/${fd}`);
  } catch {
    return [];
  } finally {
    closeFd(fd);
  }
}
