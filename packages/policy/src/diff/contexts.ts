import { automatonOf, eachState } from '../language/automaton.js';
import type { PathPattern } from '../model/policy.js';
import type { Glob } from '../pattern/glob.js';
import { globOf } from '../pattern/path-pattern.js';

/**
 * One text of each kind that lists of patterns tell apart, '' for those that none accepts. Undefined when they are too
 * many.
 */
function kinds(
  globs: readonly Glob[],
  lists: readonly (readonly number[])[],
  asPath: boolean,
  limit: number,
): readonly string[] | undefined {
  const found = new Map<string, string>([['', '']]);
  const automaton = automatonOf(globs);
  if (automaton === undefined) return undefined;
  eachState(automaton, asPath, (accepts, example) => {
    const accepted = new Set(accepts);
    const kind = lists
      .flatMap((list, at) => (list.some((pattern) => accepted.has(pattern)) ? [at] : []))
      .join();
    if (!found.has(kind) && found.size <= limit) found.set(kind, example());
  });
  return found.size > limit ? undefined : [...found.values()];
}

function numbered<T>(lists: readonly (readonly T[])[], globFor: (item: T) => Glob) {
  const globs: Glob[] = [];
  const numbers = lists.map((list) =>
    list.map((item) => {
      globs.push(globFor(item));
      return globs.length - 1;
    }),
  );
  return { globs, numbers };
}

/** Programs that the lists tell apart. */
export function programsOf(
  lists: readonly (readonly PathPattern[])[],
  limit: number,
): readonly string[] | undefined {
  const { globs, numbers } = numbered(lists, globOf);
  return kinds(globs, numbers, true, limit);
}

/** Texts of arguments that the lists tell apart. */
export function textsOf(
  lists: readonly (readonly string[])[],
  globFor: (text: string) => Glob,
  limit: number,
): readonly string[] | undefined {
  const { globs, numbers } = numbered(lists, globFor);
  return kinds(globs, numbers, false, limit);
}
