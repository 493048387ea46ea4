import type { PathPattern } from '../../model/policy.js';
import { globOf } from '../../pattern/path-pattern.js';
import { stateLimit } from '../export/overlaps.js';
import { byteClasses } from '../kernel/byte-classes.js';
import { buildDfa } from '../kernel/dfa.js';
import { buildNfa } from '../kernel/nfa.js';

const keyOf = ({ kind, text }: PathPattern): string => `${kind}:${text}`;

/** Which patterns accept all that others do, or some. @throws TooManyStates */
export class Inclusions {
  readonly #numbers = new Map<string, number>();
  /** Of each pattern: how many kinds of paths it accepts. */
  readonly #sizes: number[] = [];
  /** Of two patterns: how many kinds of paths both accept. */
  readonly #shared = new Map<string, number>();

  constructor(patterns: readonly PathPattern[]) {
    const unique = [...new Map(patterns.map((pattern) => [keyOf(pattern), pattern])).values()];
    for (const [number, pattern] of unique.entries()) this.#numbers.set(keyOf(pattern), number);
    const globs = unique.map(globOf);
    const classes = byteClasses(globs);
    const nfa = buildNfa(globs, classes);
    const { states } = buildDfa(nfa, classes, [nfa.starts.flat()], stateLimit(unique));
    // Every state but the dead one is reached by some path, so what is accepted together shows what shares paths.
    for (const { accepts } of states)
      for (const one of accepts) {
        this.#sizes[one] = (this.#sizes[one] ?? 0) + 1;
        for (const other of accepts) if (other !== one) this.#count(`${one} ${other}`);
      }
  }

  /** Whether `outer` accepts everything `inner` does; a pattern covers itself. */
  covers(outer: PathPattern, inner: PathPattern): boolean {
    const [a, b] = [this.#number(outer), this.#number(inner)];
    return a === b || (this.#sizes[b] ?? 0) === (this.#shared.get(`${a} ${b}`) ?? 0);
  }

  /** Whether they share some paths, and each has others. */
  crosses(one: PathPattern, other: PathPattern): boolean {
    const [a, b] = [this.#number(one), this.#number(other)];
    if (a === b || !this.#shared.has(`${a} ${b}`)) return false;
    return !this.covers(one, other) && !this.covers(other, one);
  }

  #number = (pattern: PathPattern): number => this.#numbers.get(keyOf(pattern)) ?? -1;
  #count = (key: string): void => void this.#shared.set(key, (this.#shared.get(key) ?? 0) + 1);
}
