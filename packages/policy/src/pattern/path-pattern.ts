import { LIMITS } from '../model/limits.js';
import type { PathPattern } from '../model/policy.js';
import { withAliases } from './aliases.js';
import { type Glob, literal } from './glob.js';
import { globMatcher, type Matcher } from './match.js';
import { type GlobProblem, parsePathGlob, parseTextGlob } from './parse.js';

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

/** Why a text cannot be a pattern of this kind; undefined when it can. */
export function pathPatternProblem({ kind, text }: PathPattern): GlobProblem | undefined {
  const problem = (message: string, help: string, offset = 0): GlobProblem => ({ message, help, offset });
  if (!text.startsWith('/')) {
    return problem('is not absolute', 'begin it with `/`: paths are those below the root of the container');
  }
  const bytes = byteLength(text);
  if (bytes > LIMITS.patternBytes) {
    const message = `has ${bytes} bytes; the limit is ${LIMITS.patternBytes}`;
    return problem(message, 'the kernel knows no longer path: shorten it');
  }
  const control = /\p{Cc}/u.exec(text);
  if (control !== null) {
    return problem('holds a control character', 'write `?` in its place, in a glob', control.index);
  }
  if (text.length > 1 && text.endsWith('/')) {
    const help = kind === 'glob' ? 'end it with `/**` for all that is below' : 'leave the last `/` away';
    return problem('ends in `/`', help, text.length - 1);
  }
  const odd = /\/(?=\/)|\/\.\.?(?=\/|$)/.exec(text);
  if (odd !== null) {
    return problem('is not normalised', 'write it without `//`, `/./` and `/../`', odd.index);
  }
  if (!text.isWellFormed()) return problem('is not valid Unicode', 'write it in UTF-8');
  return kind === 'glob' ? parsePathGlob(text).problem : undefined;
}

/**
 * What a pattern accepts, aliases of directories included.
 *
 * @throws RangeError for a pattern that {@link pathPatternProblem} finds fault with: read policies hold none.
 */
export function globOf(pattern: PathPattern): Glob {
  switch (pattern.kind) {
    case 'path':
      return withAliases([literal(pattern.text)]);
    case 'directory': {
      if (pattern.text === '/') return [literal('/'), { kind: 'many', slash: true, atLeast: 0 }];
      const below: Glob = [literal('/'), { kind: 'many', slash: true, atLeast: 1 }];
      return [...withAliases([literal(pattern.text)]), { kind: 'alternatives', branches: [[], below] }];
    }
    case 'glob': {
      const { glob, problem } = parsePathGlob(pattern.text);
      if (glob === undefined) throw new RangeError(`\`${pattern.text}\` ${problem.message}`);
      return withAliases(glob);
    }
  }
}

/** Whether one of the patterns accepts a path; matchers are kept as long as the pattern is. */
export const matchesAny = (patterns: readonly PathPattern[], path: string): boolean =>
  patterns.some((pattern) => matcherOf(pattern)(path));

const matchers = new WeakMap<PathPattern, Matcher>();

/** The matcher of a pattern, made once. */
export function matcherOf(pattern: PathPattern): Matcher {
  let matcher = matchers.get(pattern);
  if (matcher === undefined) {
    matcher = globMatcher(globOf(pattern));
    matchers.set(pattern, matcher);
  }
  return matcher;
}

/**
 * The matcher of a text pattern (arguments, names): `*` and `?` take any character, `/` included.
 *
 * @throws RangeError for a text that {@link parseTextGlob} finds fault with.
 */
export function textMatcher(text: string): Matcher {
  const { glob, problem } = parseTextGlob(text);
  if (glob === undefined) throw new RangeError(`\`${text}\` ${problem.message}`);
  return globMatcher(glob);
}
