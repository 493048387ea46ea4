interface GlobSet {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [number, number])[];
}

/**
 * Shell patterns as fnmatch(3) reads them without flags: `*`, `?`, `[set]`, `[!set]`, `[[:digit:]]` and `\`; `*`
 * and `?` also match `/` and a leading dot. Time is at most pattern
 * times text: the input is the attacker's.
 */
export class Glob {
  readonly #parts: readonly (number | '*' | '?' | GlobSet)[];
  readonly #ignoreCase: boolean;

  constructor(pattern: string, ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase;
    this.#parts = parseGlob(ignoreCase ? pattern.toLowerCase() : pattern);
  }

  matches(text: string): boolean {
    const parts = this.#parts;
    const input = this.#ignoreCase ? text.toLowerCase() : text;
    let part = 0;
    let at = 0;
    let starPart = -1;
    let starAt = 0;
    while (at < input.length) {
      const wanted = parts[part];
      if (wanted === '*') {
        starPart = part++;
        starAt = at;
      } else if (wanted !== undefined && accepts(wanted, input.charCodeAt(at))) {
        part += 1;
        at += 1;
      } else if (starPart >= 0) {
        part = starPart + 1;
        at = ++starAt;
      } else return false;
    }
    while (parts[part] === '*') part += 1;
    return part === parts.length;
  }
}

function accepts(wanted: number | '?' | '*' | GlobSet, code: number): boolean {
  if (typeof wanted === 'number') return wanted === code;
  if (typeof wanted === 'string') return true;
  for (const [from, to] of wanted.ranges) if (code >= from && code <= to) return !wanted.negated;
  return wanted.negated;
}

function parseGlob(pattern: string): (number | '*' | '?' | GlobSet)[] {
  const parts: (number | '*' | '?' | GlobSet)[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === '*') {
      if (parts.at(-1) !== '*') parts.push('*');
    } else if (char === '?') parts.push('?');
    else if (char === '\\' && i + 1 < pattern.length) parts.push(pattern.charCodeAt(++i));
    else if (char === '[') {
      const end = setEnd(pattern, i);
      if (end === -1) parts.push(91);
      else {
        parts.push(parseSet(pattern.slice(i + 1, end)));
        i = end;
      }
    } else parts.push(pattern.charCodeAt(i));
  }
  return parts;
}

/** The `]` that ends the set opened at `open`; one directly after the opening (or its `!`) is a member. */
function setEnd(pattern: string, open: number): number {
  const first = pattern[open + 1] === '!' || pattern[open + 1] === '^' ? open + 2 : open + 1;
  for (let at = first; at < pattern.length; at++) {
    const name = classAt(pattern, at);
    if (name !== undefined) at += name.length + 3;
    else if (pattern[at] === ']' && at > first) return at;
  }
  return -1;
}

/** Name of the class (`[:digit:]`) that stands at an offset inside a set. */
function classAt(text: string, at: number): string | undefined {
  if (!text.startsWith('[:', at)) return undefined;
  const end = text.indexOf(':]', at + 2);
  const name = end === -1 ? undefined : text.slice(at + 2, end);
  return name !== undefined && CLASSES.has(name) ? name : undefined;
}

type Ranges = readonly (readonly [number, number])[];
const ranges = (...pairs: readonly string[]): Ranges =>
  pairs.map((pair) => [pair.charCodeAt(0), pair.charCodeAt(pair.length - 1)]);

/** Character classes of POSIX in the C locale. */
const CLASSES: ReadonlyMap<string, Ranges> = new Map([
  ['alnum', ranges('09', 'AZ', 'az')],
  ['alpha', ranges('AZ', 'az')],
  ['blank', ranges(' ', '\t')],
  ['cntrl', ranges('\u0000\u001f', '\u007f')],
  ['digit', ranges('09')],
  ['graph', ranges('!~')],
  ['lower', ranges('az')],
  ['print', ranges(' ~')],
  ['punct', ranges('!/', ':@', '[`', '{~')],
  ['space', ranges(' ', '\t\r')],
  ['upper', ranges('AZ')],
  ['xdigit', ranges('09', 'AF', 'af')],
]);

function parseSet(body: string): GlobSet {
  const negated = body.startsWith('!') || body.startsWith('^');
  const text = negated ? body.slice(1) : body;
  const ranges: (readonly [number, number])[] = [];
  for (let i = 0; i < text.length; i++) {
    const name = classAt(text, i);
    if (name !== undefined) {
      ranges.push(...(CLASSES.get(name) ?? []));
      i += name.length + 3;
      continue;
    }
    const from = text.charCodeAt(i);
    if (text[i + 1] === '-' && i + 2 < text.length) {
      ranges.push([from, text.charCodeAt(i + 2)]);
      i += 2;
    } else ranges.push([from, from]);
  }
  return { negated, ranges };
}
