import type { PathPattern } from '../model/policy.js';
import type { Glob } from '../pattern/glob.js';
import { parseTextGlob } from '../pattern/parse.js';
import { globOf } from '../pattern/path-pattern.js';
import { automatonOf, eachState } from './automaton.js';

/** Small lists: those of one line. */
const LIMIT = 20_000;

function relation(
  a: readonly Glob[],
  b: readonly Glob[],
  holds: (inA: boolean, inB: boolean) => boolean,
): boolean {
  const automaton = automatonOf([...a, ...b], LIMIT);
  if (automaton === undefined) return false;
  let always = true;
  eachState(automaton, false, (accepts) => {
    const inA = accepts.some((pattern) => pattern < a.length);
    const inB = accepts.some((pattern) => pattern >= a.length);
    if (!holds(inA, inB)) always = false;
  });
  return always;
}

/** Whether whatever `inner` accepts, `outer` does; false where that would take too long to find out. */
export const covers = (outer: readonly Glob[], inner: readonly Glob[]): boolean =>
  relation(outer, inner, (inOuter, inInner) => inOuter || !inInner);

/** Whether no text is accepted by both; false where that would take too long to find out. */
export const disjoint = (a: readonly Glob[], b: readonly Glob[]): boolean =>
  relation(a, b, (inA, inB) => !(inA && inB));

export const textGlob = (text: string): Glob => parseTextGlob(text).glob ?? [{ kind: 'literal', text }];

const known = new WeakMap<readonly PathPattern[], WeakMap<readonly PathPattern[], boolean>>();

/** {@link covers} of lists of path patterns; what was found is kept as long as they are. */
export function patternsCover(outer: readonly PathPattern[], inner: readonly PathPattern[]): boolean {
  const texts = new Set(outer.map(({ kind, text }) => `${kind}:${text}`));
  if (inner.every(({ kind, text }) => texts.has(`${kind}:${text}`))) return true;
  let answers = known.get(outer);
  if (answers === undefined) {
    answers = new WeakMap();
    known.set(outer, answers);
  }
  let answer = answers.get(inner);
  if (answer === undefined) {
    answer = covers(outer.map(globOf), inner.map(globOf));
    answers.set(inner, answer);
  }
  return answer;
}
