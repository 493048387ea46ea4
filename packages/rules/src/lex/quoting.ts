import { SyntaxProblem } from './scanner.js';

// `\ ` means a backslash: rule files of old releases wrote it so, and the ecosystem kept it.
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  [' ', '\\'],
  ['\\', '\\'],
  ['/', '/'],
  ['"', '"'],
  ["'", "'"],
]);

/** The value of the quoted text between two offsets of `text` (quotes not included). */
export function unescapeQuoted(text: string, start: number, end: number): string {
  const raw = text.slice(start, end);
  if (!raw.includes('\\')) return raw;
  let value = '';
  for (let i = 0; i < raw.length; i++) {
    const char = raw.charAt(i);
    if (char !== '\\') {
      value += char;
      continue;
    }
    i += 1;
    const meaning = ESCAPES.get(raw.charAt(i));
    if (meaning === undefined) {
      const written = `\\${raw.charAt(i)}`;
      const help = 'known escapes are \\b \\f \\n \\r \\t \\\\ \\/ \\" \\\'; write \\\\ for a backslash';
      throw new SyntaxProblem(`unknown escape \`${written}\``, help, start + i - 1, start + i + 1);
    }
    value += meaning;
  }
  return value;
}

/** Control characters end a word, as blanks do. */
const BARE_SAFE = /^[^()"'\s=,\p{Cc}]+$/u;

/** Whether `text` reads back as itself without quotes. */
export const isBareValue = (text: string): boolean => BARE_SAFE.test(text);

/** `text` as it is written in a condition, quoted when it must be. */
export const quoteValue = (text: string): string => (isBareValue(text) ? text : quoteAlways(text));

export function quoteAlways(text: string): string {
  const escaped = text.replace(/[\\"\b\f\n\r\t]/g, (c) => WRITTEN.get(c) ?? c);
  return `"${escaped}"`;
}

const WRITTEN: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['"', '\\"'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);
