import { type Condition, textMatcher } from '@runward/policy/trust';
import { fieldsOf } from '../content/index.js';

/** Of one path in one statement; a bill of materials has tens of thousands of packages. */
const MAX_VALUES = 1_000_000;

/** Why a condition does not hold for a statement; undefined when it does. */
export function conditionProblem(condition: Condition, statement: unknown, now: Date): string | undefined {
  const values = valuesAt(statement, condition.path);
  if (values.length > MAX_VALUES) return `\`${condition.path}\` has more than ${MAX_VALUES} values`;
  if (condition.test === 'noneOf') {
    const bad = values.find((value) => matches(condition.patterns, value));
    return bad === undefined ? undefined : `\`${condition.path}\` has ${shown(bad)}, which must not be there`;
  }
  if (values.length === 0) return `there is nothing at \`${condition.path}\``;
  if (condition.test === 'contains') {
    if (values.some((value) => matches(condition.patterns, value))) return undefined;
    return `none of the ${values.length} values at \`${condition.path}\` is ${wordsOf(condition.patterns)}`;
  }
  const bad = values.find((value) => !holds(condition, value, now));
  return bad === undefined
    ? undefined
    : `\`${condition.path}\` is ${shown(bad)}, which is not ${wanted(condition)}`;
}

function holds(condition: Condition, value: unknown, now: Date): boolean {
  switch (condition.test) {
    case 'oneOf':
    case 'contains':
    case 'noneOf':
      return matches(condition.patterns, value);
    case 'atMost':
      return typeof value === 'number' && value <= condition.number;
    case 'atLeast':
      return typeof value === 'number' && value >= condition.number;
    case 'maxAge': {
      const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      // A clock that is a little off is no fraud; what claims to come from the future is.
      return now.getTime() - time <= condition.seconds * 1000 && time - now.getTime() < 300_000;
    }
  }
}

function wanted(condition: Condition): string {
  switch (condition.test) {
    case 'atMost':
      return `at most ${condition.number}`;
    case 'atLeast':
      return `at least ${condition.number}`;
    case 'maxAge':
      return `a time of the last ${condition.seconds} s`;
    default:
      return wordsOf(condition.patterns);
  }
}

const wordsOf = (patterns: readonly string[]): string => `\`${patterns.join('` or `')}\``;
const shown = (value: unknown): string => `\`${(JSON.stringify(value) ?? 'nothing').slice(0, 200)}\``;

/** Numbers and booleans are compared as they are written. */
const matches = (patterns: readonly string[], value: unknown): boolean =>
  ['string', 'number', 'boolean'].includes(typeof value) &&
  patterns.some((pattern) => textMatcher(pattern)(String(value)));

/** Values at a path: names separated by dots, `[*]` for every entry of a list, `[0]` for one; `["a.b"]` for odd names. */
export function valuesAt(root: unknown, path: string): readonly unknown[] {
  let values: readonly unknown[] = [root];
  for (const step of stepsOf(path)) values = values.flatMap((value) => step(value));
  return values.filter((value) => value !== undefined);
}

type Step = (value: unknown) => readonly unknown[];

const STEP = /\.?(?:\["([^"]*)"\]|\[(\*|[0-9]{1,9})\]|([^.[\]]+))/gy;

function stepsOf(path: string): readonly Step[] {
  return [...path.matchAll(STEP)].map(([, quoted, place, plain]): Step => {
    if (place === '*') return (value) => (Array.isArray(value) ? value : []);
    if (place !== undefined) return (value) => (Array.isArray(value) ? [value[Number(place)]] : []);
    const name = quoted ?? plain ?? '';
    return (value) => (Object.hasOwn(fieldsOf(value), name) ? [fieldsOf(value)[name]] : []);
  });
}
