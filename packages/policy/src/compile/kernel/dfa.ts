import type { ByteClasses } from './byte-classes.js';
import type { Nfa } from './nfa.js';

/** One state: where it goes on each class that is not its default's, and which patterns it accepts. */
export interface DfaState {
  /** Class and next state in turn, without those that go to `otherwise`. */
  readonly moves: readonly number[];
  readonly otherwise: number;
  /** Patterns, ascending. */
  readonly accepts: readonly number[];
}

/** State 0 is dead: it accepts nothing and leads nowhere else. */
export interface Dfa {
  readonly states: readonly DfaState[];
  readonly starts: readonly number[];
}

/** The automaton would have more states than the limit; `pattern` has the largest part in it. */
export class TooManyStates extends Error {
  constructor(readonly pattern: number) {
    super('too many states');
  }
}

/** What the items that take many classes come to by themselves: the same for all states that hold the same ones. */
interface Base {
  /** Items behind each class; index 0 is not used. */
  readonly items: readonly (readonly number[])[];
  /** State behind each class, where nothing is added to it. */
  readonly states: readonly number[];
  readonly otherwise: number;
  readonly exceptions: readonly number[];
}

/** Which patterns to blame is asked of this many of the last states. */
const BLAMED_STATES = 2000;

/**
 * Determinises: one start state for each list of items. Work is bounded by the limit of states.
 *
 * @throws TooManyStates
 */
export function buildDfa(
  nfa: Nfa,
  classes: ByteClasses,
  starts: readonly (readonly number[])[],
  limit: number,
): Dfa {
  return new Determiniser(nfa, classes, limit).run(starts);
}

class Determiniser {
  readonly #nfa: Nfa;
  readonly #classes: ByteClasses;
  readonly #limit: number;
  readonly #numbers = new Map<string, number>([['', 0]]);
  readonly #items: (readonly number[])[] = [[]];
  readonly #states: DfaState[] = [];
  readonly #bases = new Map<string, Base>();

  constructor(nfa: Nfa, classes: ByteClasses, limit: number) {
    this.#nfa = nfa;
    this.#classes = classes;
    this.#limit = limit;
  }

  run(starts: readonly (readonly number[])[]): Dfa {
    const first = starts.map((items) => this.#number(items));
    for (let at = 0; at < this.#items.length; at += 1) {
      this.#states.push(this.#expand(this.#items[at] ?? []));
      if (at < this.#items.length - BLAMED_STATES) this.#items[at] = [];
    }
    return { states: this.#states, starts: first };
  }

  #number(unsorted: readonly number[]): number {
    if (unsorted.length === 0) return 0;
    const items = [...new Set(unsorted)].sort((a, b) => a - b);
    const key = items.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#items.length;
    if (number >= this.#limit) throw new TooManyStates(this.#blame());
    this.#numbers.set(key, number);
    this.#items.push(items);
    return number;
  }

  /** The pattern that is in the most of the last states with the most places. */
  #blame(): number {
    const shares = new Map<number, number>();
    for (const items of this.#items.slice(-BLAMED_STATES)) {
      for (const item of items) {
        const owner = this.#nfa.owner[item] ?? 0;
        shares.set(owner, (shares.get(owner) ?? 0) + 1);
      }
    }
    return [...shares].reduce((most, share) => (share[1] > most[1] ? share : most), [0, 0])[0];
  }

  #expand(items: readonly number[]): DfaState {
    const { single, wide, targets, accepts } = this.#nfa;
    const added = new Map<number, number[]>();
    const wides: number[] = [];
    const accepted = new Set<number>();
    for (const item of items) {
      const pattern = accepts[item] ?? -1;
      if (pattern >= 0) accepted.add(pattern);
      const one = single[item] ?? 0;
      if (wide[item]) wides.push(item);
      else if (one > 0) {
        const list = added.get(one);
        if (list === undefined) added.set(one, [...(targets[item] ?? [])]);
        else list.push(...(targets[item] ?? []));
      }
    }
    const base = this.#base(wides);
    const moves: number[] = [];
    const move = (on: number, to: number): void => {
      if (to !== base.otherwise) moves.push(on, to);
    };
    for (const [on, more] of [...added].sort((a, b) => a[0] - b[0]))
      move(on, this.#number([...(base.items[on] ?? []), ...more]));
    for (const on of base.exceptions) if (!added.has(on)) move(on, base.states[on] ?? 0);
    return { moves, otherwise: base.otherwise, accepts: [...accepted].sort((a, b) => a - b) };
  }

  #base(wides: readonly number[]): Base {
    const key = wides.join();
    const known = this.#bases.get(key);
    if (known !== undefined) return known;
    const items = Array.from({ length: this.#classes.count + 1 }, (): number[] => []);
    for (const item of wides)
      for (const on of this.#classes.classesOf(this.#nfa.wide[item] ?? ''))
        items[on]?.push(...(this.#nfa.targets[item] ?? []));
    const states = items.map((list) => this.#number(list));
    const counts = new Map<number, number>();
    for (const state of states.slice(1)) counts.set(state, (counts.get(state) ?? 0) + 1);
    const [otherwise] = [...counts].reduce((most, count) => (count[1] > most[1] ? count : most), [0, 0]);
    const exceptions = states.flatMap((state, on) => (on > 0 && state !== otherwise ? [on] : []));
    const base = { items, states, otherwise, exceptions };
    this.#bases.set(key, base);
    return base;
  }
}
