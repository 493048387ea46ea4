import type { PathPattern } from '../../model/policy.js';
import { acceptsByte, type Glob, type GlobNode } from '../../pattern/glob.js';
import { globOf, matcherOf } from '../../pattern/path-pattern.js';

/*
 * Paths in the language of apparmor.d(5). What differs from policies:
 * - AppArmor writes directories with a `/` at the end, policies never do: a pattern has to accept `p` and `p/`.
 * - `*` and `**` behind a `/` take at least one character at the end of a pattern or before a `/`, elsewhere none.
 * - A set in `[ ]` takes `/` and the zero byte as any other character.
 * From parser_regex.c of AppArmor 3 and 4; held against the parser's own automata by the tests.
 */

/** Whether what was written so far ends in `/`. */
type Ending = 'never' | 'always' | 'maybe';

interface Part {
  readonly text: string;
  readonly ends: Ending;
}

const OPTIONAL_SLASH = '{,/}';
const EVERYTHING = '/{,**}';
/** A pattern with alternatives that cannot be said as one is said as so many at most. */
const MAX_VARIANTS = 64;

/** Patterns that together accept the paths of a pattern, of files and directories; undefined: AppArmor cannot say it. */
export function pathTexts(pattern: PathPattern): readonly string[] | undefined {
  const glob = globOf(pattern);
  const whole = tail(glob, 'never', true);
  if (whole === '/' || whole === EVERYTHING) return [whole];
  const below = whole === undefined ? variantTexts(glob) : [whole];
  // The one path that ends in `/` in policies too.
  return matcherOf(pattern)('/') && below !== undefined ? ['/', ...below] : below;
}

function variantTexts(glob: Glob): readonly string[] | undefined {
  const variants = expanded(glob);
  if (variants === undefined) return undefined;
  const texts = variants.map((variant) => (endsInSlash(variant) ? '' : tail(variant, 'never', true)));
  if (texts.some((text) => text === undefined)) return undefined;
  return texts.flatMap((text) => text || []);
}

/** The same for programs, which are no directories. */
export const programText = (pattern: PathPattern): string => body(globOf(pattern), 'never').text;

const SPECIAL = /[*?[\]{}^,\\"]/g;
/** For between `[ ]`. */
const escapedMember = (char: string): string => (char === ',' ? char : char.replace(SPECIAL, '\\$&'));
/** An escaped `?` outside of them makes what is before it optional. */
const escaped = (text: string): string =>
  text.replace(SPECIAL, (char) => (char === '?' ? '[\\?]' : `\\${char}`));

const endingOf = (text: string): Ending => (text.endsWith('/') ? 'always' : 'never');

function body(glob: Glob, before: Ending): Part {
  return glob.reduce<Part>(
    ({ text, ends }, node) => {
      const part = nodePart(node, ends);
      return { text: text + part.text, ends: part.ends };
    },
    { text: '', ends: before },
  );
}

function nodePart(node: GlobNode, before: Ending): Part {
  switch (node.kind) {
    case 'literal':
      return { text: escaped(node.text), ends: endingOf(node.text) };
    case 'one':
      return { text: '?', ends: 'never' };
    case 'set':
      return { text: setText(node), ends: 'never' };
    case 'many': {
      const some = node.atLeast === 1 ? '?' : '';
      if (node.slash) return { text: `${some}**`, ends: 'maybe' };
      return { text: `${some}*`, ends: some !== '' || before === 'never' ? 'never' : 'maybe' };
    }
    case 'directories':
      return { text: '{,**/}', ends: before === 'always' ? 'always' : 'maybe' };
    case 'alternatives': {
      const parts = node.branches.map((branch) => body(branch, before));
      const endings = new Set(parts.map(({ ends }) => ends));
      const [only = 'maybe', ...more] = endings;
      return { text: braces(parts.map(({ text }) => text)), ends: more.length === 0 ? only : 'maybe' };
    }
  }
}

/** The parser refuses braces around a single item. */
function braces(texts: readonly string[]): string {
  const unique = [...new Set(texts)];
  return unique.length === 1 ? (unique[0] ?? '') : `{${unique.join(',')}}`;
}

/** A pattern, or the last part of one, that accepts paths with and without a `/` at the end; undefined: not exactly. */
function tail(glob: Glob, before: Ending, isWhole: boolean): string | undefined {
  const last = glob.at(-1);
  if (last === undefined) return before === 'never' ? OPTIONAL_SLASH : undefined;
  const head = body(glob.slice(0, -1), before);
  switch (last.kind) {
    case 'literal':
      if (isWhole && head.text === '' && last.text === '/') return '/';
      return last.text.endsWith('/') ? undefined : head.text + escaped(last.text) + OPTIONAL_SLASH;
    case 'one':
    case 'set':
      return head.text + nodePart(last, head.ends).text + OPTIONAL_SLASH;
    case 'many':
      return last.slash ? deepTail(head, last.atLeast, isWhole) : flatTail(head);
    case 'directories':
      return undefined;
    case 'alternatives':
      return alternativesTail(last.branches, head);
  }
}

/** `*` at the end. */
function flatTail({ text, ends }: Part): string | undefined {
  if (ends === 'maybe') return undefined;
  return `${text}${ends === 'always' ? '?*' : '*'}${OPTIONAL_SLASH}`;
}

/** `**` at the end: it takes the last `/` along. */
function deepTail({ text, ends }: Part, atLeast: 0 | 1, isWhole: boolean): string | undefined {
  if (ends === 'never' && atLeast === 0) return `${text}**`;
  if (ends !== 'always') return undefined;
  if (isWhole && text === '/' && atLeast === 0) return EVERYTHING;
  return isWhole && text.endsWith('/') ? `${text}**` : `${text}?**`;
}

function alternativesTail(branches: readonly Glob[], head: Part): string | undefined {
  if (head.ends === 'never' && isSelfAndBelow(branches)) return `${head.text}{,/**}`;
  const tails = branches.map((branch) => tail(branch, head.ends, false));
  const known = tails.flatMap((text) => text ?? []);
  if (known.length < tails.length) return undefined;
  if (!known.every((text) => text.endsWith(OPTIONAL_SLASH))) return head.text + braces(known);
  return `${head.text}${braces(known.map((text) => text.slice(0, -OPTIONAL_SLASH.length)))}${OPTIONAL_SLASH}`;
}

/** What a pattern of kind `directory` ends in. */
function isSelfAndBelow([self, below]: readonly Glob[]): boolean {
  const [slash, rest, ...more] = below ?? [];
  if (self?.length !== 0 || slash?.kind !== 'literal' || slash.text !== '/' || more.length > 0) return false;
  return rest?.kind === 'many' && rest.slash && rest.atLeast === 1;
}

/** The glob without alternatives, as several; undefined where these are too many. */
function expanded(glob: Glob): readonly Glob[] | undefined {
  let variants: readonly Glob[] = [[]];
  for (const node of glob) {
    const choices = node.kind === 'alternatives' ? node.branches.map(expanded) : [[[node]]];
    if (choices.includes(undefined)) return undefined;
    variants = variants.flatMap((variant) =>
      choices.flatMap((all) => (all ?? []).map((next) => [...variant, ...next])),
    );
    if (variants.length > MAX_VARIANTS) return undefined;
  }
  return variants;
}

/** Of a glob without alternatives: no path ends so. */
function endsInSlash(glob: Glob): boolean {
  const last = glob.at(-1);
  return last?.kind === 'literal' && last.text.endsWith('/') && !(glob.length === 1 && last.text === '/');
}

const ALPHANUMERIC = /[A-Za-z0-9]/;
const ALL_BYTES = Array.from({ length: 255 }, (_, byte) => byte + 1);

function setText(node: Extract<GlobNode, { kind: 'set' }>): string {
  const accepted = ALL_BYTES.filter((byte) => acceptsByte(node, byte));
  return accepted.every(isPrintable) ? positiveSet(accepted) : wideSet(accepted);
}

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;
const DASH = 0x2d;

/**
 * A negated set, as the ranges it leaves: AppArmor would have it take `/`. No escape makes a `-` between `[ ]` a
 * character, but it may lie within a range.
 */
function wideSet(accepted: readonly number[]): string {
  const ranges = rangesOf(accepted).flatMap(([first, last]) => [
    ...(first === DASH || last === DASH ? [] : [[first, last] as const]),
    ...(first === DASH && last > DASH ? [[DASH + 1, last] as const] : []),
    ...(last === DASH && first < DASH ? [[first, DASH - 1] as const] : []),
  ]);
  const isLone = accepted.includes(DASH) && !ranges.some(([first, last]) => first < DASH && last > DASH);
  const members = ranges.map(([first, last]) =>
    first === last ? member(first) : `${member(first)}-${member(last)}`,
  );
  return braces([`[${members.join('')}]`, ...(isLone ? ['-'] : [])]);
}

const member = (byte: number): string =>
  isPrintable(byte) ? escapedMember(String.fromCharCode(byte)) : `\\x${byte.toString(16).padStart(2, '0')}`;

/** Ascending numbers, neighbours taken together. */
function rangesOf(numbers: readonly number[]): readonly (readonly [first: number, last: number])[] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const before = ranges.at(-1);
    if (before !== undefined && before[1] + 1 === number) before[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

/** What has a meaning of its own between `[ ]` stands beside it. */
function positiveSet(bytes: readonly number[]): string {
  const chars = bytes.map((byte) => String.fromCharCode(byte));
  const plain = chars.filter((char) => ALPHANUMERIC.test(char));
  const others = chars.filter((char) => !ALPHANUMERIC.test(char)).map(escaped);
  return braces([...(plain.length > 0 ? [`[${runs(plain)}]`] : []), ...others]);
}

/** Letters and digits in order, neighbours as `a-z`. */
const runs = (chars: readonly string[]): string =>
  rangesOf(chars.map((char) => char.charCodeAt(0)))
    .map(([first, last]) => {
      const [from, to] = [String.fromCharCode(first), String.fromCharCode(last)];
      if (first === last) return from;
      return last === first + 1 ? from + to : `${from}-${to}`;
    })
    .join('');
