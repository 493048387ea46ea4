import { literalGlob } from './glob-text.js';

/**
 * What of a name means something, and what is different each time. `glob` has patterns in place of the latter.
 * `sure`: it looks like nothing else (a UUID, a hash, a date), so one example is enough. Otherwise it may as well be
 * part of the name (`python3`), and takes several of a kind, or a name that the workload itself made.
 */
export interface NameShape {
  readonly glob: string;
  readonly sure: boolean;
  /** In words, for the comment. */
  readonly what: string;
}

interface Form {
  readonly form: RegExp;
  readonly glob: string;
  readonly what: string;
  readonly sure: boolean;
}

const YEAR = '(?:19|20)\\d\\d';
const MONTH = '(?:0[1-9]|1[0-2])';
const DAY = '(?:0[1-9]|[12]\\d|3[01])';
const CLOCK = '[-_.T ]\\d\\d(?:[-_.:]?\\d\\d){1,2}(?:[.,]\\d+)?';
const digits = (count: number): string => '[0-9]'.repeat(count);
const DATE = `${digits(4)}?${digits(2)}?${digits(2)}`;
const UUID = /(?<![0-9A-Za-z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z])/;

/** In the order they are looked for; each takes what the ones before left. */
const FORMS: readonly Form[] = [
  { form: UUID, glob: '????????-????-????-????-????????????', what: 'a UUID', sure: true },
  // 16 digits and more with a letter and a figure among them; 32, 40 and 64 are those of the usual digests.
  {
    form: /(?<![0-9A-Za-z])(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{16,}(?![0-9A-Za-z])/,
    glob: '[0-9a-f]*',
    what: 'a hash',
    sure: true,
  },
  {
    form: new RegExp(`(?<!\\d)${YEAR}([-_.])${MONTH}\\1${DAY}${CLOCK}(?!\\d)`),
    ...{ glob: `${DATE}?[0-9]*`, what: 'a date', sure: true },
  },
  {
    form: new RegExp(`(?<!\\d)${YEAR}([-_.])${MONTH}\\1${DAY}(?!\\d)`),
    ...{ glob: DATE, what: 'a date', sure: true },
  },
  { form: new RegExp(`(?<!\\d)${YEAR}${MONTH}${DAY}(?!\\d)`), glob: digits(8), what: 'a date', sure: true },
  { form: /(?<!\d)1\d{9}(?:\d{3}|\d{6}|\d{9})?(?!\d)/, glob: '[0-9]*', what: 'a time', sure: true },
  { form: /(?<![0-9A-Za-z])[0-9A-F]{16,}(?![0-9A-Za-z])/, glob: '[0-9A-F]*', what: 'a number', sure: false },
  { form: /\d+/, glob: '[0-9]*', what: 'a number', sure: false },
];

const SURE = FORMS.filter(({ sure }) => sure);

/**
 * The shape of a name, undefined for a name without anything that looks as if it varied. `transient`: the workload
 * made the file and took it away again, so that its name is likelier to be made up.
 */
export const shapeOf = (name: string, transient = false): NameShape | undefined =>
  // Beside what surely varies, numbers are taken for what they mostly are: part of the name.
  formShape(name, SURE) ??
  randomShape(name) ??
  (transient ? madeUpShape(name) : undefined) ??
  formShape(name, FORMS);

function formShape(name: string, forms: readonly Form[]): NameShape | undefined {
  let first: Form | undefined;
  const walk = (text: string, from: number): string => {
    const form = forms[from];
    if (form === undefined) return literalGlob(text);
    const match = form.form.exec(text);
    if (match === null) return walk(text, from + 1);
    first ??= form;
    const [before, after] = [text.slice(0, match.index), text.slice(match.index + match[0].length)];
    return walk(before, from + 1) + form.glob + walk(after, from);
  };
  const glob = joinStars(walk(name, 0));
  return first === undefined ? undefined : { glob, sure: first.sure, what: first.what };
}

/** `[0-9]*[0-9]*` after each other is the same as one, and slower. */
const joinStars = (glob: string): string => glob.replace(/(?:\[0-9\]\*){2,}/g, '[0-9]*');

/** `tmpa1b2c3d4` of Python, and anything with a tail as mkstemp(3) makes it: six or more, letters and digits mixed. */
const TEMPORARY = /^(\.?(?:tmp|temp)[-_.]?)([A-Za-z0-9_]{6,})$/;
const TAIL = /^(.*[-_.])([A-Za-z0-9]{6,12})$/;

function randomShape(name: string): NameShape | undefined {
  const temporary = TEMPORARY.exec(name);
  if (temporary !== null && !isWord(temporary[2] ?? ''))
    return { glob: `${literalGlob(temporary[1] ?? '')}*`, sure: true, what: 'a temporary name' };
  const tail = TAIL.exec(name);
  if (tail !== null && isRandom(tail[2] ?? ''))
    return { glob: `${literalGlob(tail[1] ?? '')}*`, sure: false, what: 'a temporary name' };
  return isRandom(name) && name.length >= 6 && name.length <= 12
    ? { glob: '?'.repeat(name.length), sure: false, what: 'a temporary name' }
    : undefined;
}

/** As Python's tempfile and many others make it, `_` included: figures among the letters, or letters that are no word. */
const MADE_UP = /^(.*?[-.])([A-Za-z0-9_]{6,12})$/;

function madeUpShape(name: string): NameShape | undefined {
  const [, start = '', tail = /^[A-Za-z0-9_]{6,12}$/.test(name) ? name : ''] = MADE_UP.exec(name) ?? [];
  if (tail === '' || tail.split('_').every(isLikeWord)) return undefined;
  if (start === '') return { glob: '?'.repeat(tail.length), sure: false, what: 'a temporary name' };
  return { glob: `${literalGlob(start)}*`, sure: false, what: 'a temporary name' };
}

/** Could be said aloud: some vowels, few consonants in a row; figures at the end only. */
function isLikeWord(text: string): boolean {
  const [, letters = ''] = /^([A-Za-z]?[a-z]*)\d{0,4}$/.exec(text) ?? [];
  if (text !== '' && letters === '') return /^\d+$/.test(text);
  const vowels = letters.replace(/[^aeiouyAEIOUY]/g, '').length;
  return (letters.length < 4 || vowels >= letters.length / 5) && !/[^aeiouyAEIOUY]{5}/.test(letters);
}

/** Words people write: small letters, perhaps a number at the end. */
const isWord = (text: string): boolean => /^[_a-z]{1,7}\d{0,2}$/.test(text) && /[aeiou]/.test(text);

/** Changes between capitals, small letters and figures as no word does. */
function isRandom(text: string): boolean {
  if (!/^[A-Za-z0-9]+$/.test(text)) return false;
  const kinds = text
    .replace(/[a-z]+/g, 'a')
    .replace(/[A-Z]+/g, 'A')
    .replace(/\d+/g, '1');
  if (/^(?:A?a1?|A1?|1a?)$/.test(kinds)) return false;
  return kinds.length >= 4 || (kinds.length === 3 && /1/.test(kinds) && /^[A-Za-z0-9]{6}$/.test(text));
}

/** Names in /proc that stand for a number in profiles; `depth` counts from /proc, which is 0. */
export const isPlaceholder = (name: string, depth: number): boolean =>
  (depth === 1 && (name === 'self' || name === '[pid]')) || (depth === 3 && name === '[tid]');
