import type { SourceSpan } from '@runward/core';
import { LIMITS } from '../model/limits.js';
import type { PathPattern } from '../model/policy.js';
import { linkHelp } from '../pattern/links.js';
import { parseTextGlob } from '../pattern/parse.js';
import { pathPatternProblem } from '../pattern/path-pattern.js';
import { type Field, object } from '../shape/collections.js';
import { type Located, text } from '../shape/scalars.js';
import { either, mapped, type Place, type Shape } from '../shape/shape.js';

const absolute = { regex: '^/', help: 'begin it with `/`: paths are those below the root of the container' };
const pathText = text({ what: 'an absolute path', maxLength: LIMITS.patternBytes, pattern: absolute });

/** The keys of which a line that names a path has one. */
export const PATTERN_KEYS = ['path', 'directory', 'glob'] as const;

export const patternFields = {
  path: {
    shape: pathText,
    doc: 'One file, by the absolute path it has below the root of the container, links resolved.',
  },
  directory: { shape: pathText, doc: 'A directory and everything below it.' },
  glob: {
    shape: pathText,
    doc: 'Paths by pattern: * ? [a-z] {a,b} within a component, ** across components.',
  },
} as const satisfies Record<(typeof PATTERN_KEYS)[number], Field<Located>>;

interface PatternValues {
  readonly path?: Located;
  readonly directory?: Located;
  readonly glob?: Located;
}

/** The pattern of a line; undefined where there is none or it was found wrong, and reported. */
export function patternOf(values: PatternValues, at: Place): PathPattern | undefined {
  for (const kind of PATTERN_KEYS) {
    const written = values[kind];
    if (written !== undefined) return checked({ kind, text: written.text }, written.span, at);
  }
  return undefined;
}

function checked(pattern: PathPattern, span: SourceSpan, at: Place): PathPattern | undefined {
  const problem = pathPatternProblem(pattern);
  if (problem !== undefined) {
    const shown = pattern.text.length > 80 ? `${pattern.text.slice(0, 77)}…` : pattern.text;
    return at.report('POLICY_PATTERN', `\`${shown}\` ${problem.message}`, problem.help, span);
  }
  const help = linkHelp(pattern.text);
  if (help !== undefined) {
    at.report('POLICY_LINK_NAME', `\`${pattern.text}\` is mostly a link, and links are resolved`, help, span);
  }
  return pattern;
}

/** A pattern in short: a text that ends in `/` is a directory, one with a wildcard a glob, any other a path. */
export function shortPattern({ text: written, span }: Located, at: Place): PathPattern | undefined {
  if (written.length > 1 && written.endsWith('/')) {
    return checked({ kind: 'directory', text: written.slice(0, -1) }, span, at);
  }
  return checked({ kind: /[*?[{\\]/.test(written) ? 'glob' : 'path', text: written }, span, at);
}

export const shortPatternShape: Shape<PathPattern> = mapped(pathText, shortPattern);

/** A pattern wherever one stands by itself: `except`, `from`, `ancestors`. */
export const patternShape: Shape<PathPattern> = either(
  shortPatternShape,
  mapped(object(patternFields, { one: PATTERN_KEYS }), ({ value }, at) => patternOf(value, at)),
);

/** A pattern over texts in which `/` is nothing special: names, references, arguments. */
export const textPattern = (what: string): Shape<string> =>
  mapped(text({ what, maxLength: LIMITS.textCharacters }), ({ text: written, span }, at) => {
    const { problem } = parseTextGlob(written);
    if (problem === undefined) return written;
    return at.report('POLICY_PATTERN', `\`${written}\` ${problem.message}`, problem.help, span);
  });
