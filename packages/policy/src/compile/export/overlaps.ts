import type { PathPattern } from '../../model/policy.js';
import { globOf } from '../../pattern/path-pattern.js';
import { byteClasses } from '../kernel/byte-classes.js';
import { buildDfa, type Dfa, TooManyStates } from '../kernel/dfa.js';
import { buildNfa } from '../kernel/nfa.js';

/** Names alone need a state per byte at most; what is beyond comes from patterns that overlap. */
export const stateLimit = (patterns: readonly PathPattern[]): number =>
  5000 + 20 * patterns.reduce((sum, { text }) => sum + text.length, 0);

const keyOf = ({ kind, text }: PathPattern): string => `${kind}:${text}`;

/** Which of some patterns accept a path in common. Where that takes too long to find out, any two are said to. */
export class Overlaps {
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #patterns: readonly PathPattern[];
  #together: ReadonlySet<string> | undefined;
  #isKnown = false;

  constructor(patterns: readonly PathPattern[]) {
    const unique = [...new Map(patterns.map((pattern) => [keyOf(pattern), pattern])).values()];
    this.#patterns = unique;
    this.#numbers = new Map(unique.map((pattern, number) => [keyOf(pattern), number]));
  }

  /** Whether some path is accepted by both; both were given to the constructor. */
  meet(a: PathPattern, b: PathPattern): boolean {
    const [one, other] = [this.#numbers.get(keyOf(a)), this.#numbers.get(keyOf(b))];
    if (one === undefined || other === undefined || one === other) return true;
    if (!this.#isKnown) {
      this.#together = this.#find();
      this.#isKnown = true;
    }
    return this.#together?.has(pair(one, other)) ?? true;
  }

  #find(): ReadonlySet<string> | undefined {
    const globs = this.#patterns.map(globOf);
    const classes = byteClasses(globs);
    const nfa = buildNfa(globs, classes);
    const dfa = dfaOf(() => buildDfa(nfa, classes, [nfa.starts.flat()], stateLimit(this.#patterns)));
    if (dfa === undefined) return undefined;
    const found = new Set<string>();
    for (const { accepts } of dfa.states)
      for (const one of accepts) for (const other of accepts) if (one !== other) found.add(pair(one, other));
    return found;
  }
}

const pair = (a: number, b: number): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

function dfaOf(build: () => Dfa): Dfa | undefined {
  try {
    return build();
  } catch (error) {
    if (error instanceof TooManyStates) return undefined;
    throw error;
  }
}
