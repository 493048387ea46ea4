import type { Glob, GlobNode } from '../../pattern/glob.js';
import { ANY_KEY, type ByteClasses, keyOf } from './byte-classes.js';

const encoder = new TextEncoder();
const SLASH = 0x2f;

/**
 * A non-deterministic automaton of many patterns. An *item* is a state that takes a byte or accepts; states that only
 * lead on without a byte are resolved away: `targets` are items.
 */
export interface Nfa {
  /** Of each item: the one class it takes, or 0. */
  readonly single: readonly number[];
  /** Of each item: the key of the classes it takes, or ''. */
  readonly wide: readonly string[];
  /** Of each item: the items behind the byte it takes. */
  readonly targets: readonly (readonly number[])[];
  /** Of each item: the pattern it accepts, or -1. */
  readonly accepts: readonly number[];
  /** Of each item: the pattern it belongs to. */
  readonly owner: readonly number[];
  /** Items each pattern begins in. */
  readonly starts: readonly (readonly number[])[];
}

interface State {
  single: number;
  wide: string;
  to: number;
  accepts: number;
  readonly owner: number;
  readonly free: number[];
}

/** The patterns as one automaton; pattern `i` is `globs[i]`. */
export function buildNfa(globs: readonly Glob[], classes: ByteClasses): Nfa {
  const builder = new Builder(classes);
  const starts = globs.map((glob, pattern) => builder.pattern(glob, pattern));
  return builder.finish(starts);
}

class Builder {
  readonly #states: State[] = [];
  readonly #classes: ByteClasses;
  #owner = 0;

  constructor(classes: ByteClasses) {
    this.#classes = classes;
  }

  pattern(glob: Glob, pattern: number): number {
    this.#owner = pattern;
    const start = this.#state();
    const end = this.#sequence(glob, start);
    this.#at(this.#unoccupied(end)).accepts = pattern;
    return start;
  }

  #state(): number {
    this.#states.push({ single: 0, wide: '', to: -1, accepts: -1, owner: this.#owner, free: [] });
    return this.#states.length - 1;
  }

  #at(state: number): State {
    const found = this.#states[state];
    if (found === undefined) throw new RangeError(`no state ${state}`);
    return found;
  }

  #after(from: number): number {
    const state = this.#state();
    this.#at(from).free.push(state);
    return state;
  }

  /** The state itself where it neither takes a byte nor accepts yet, else one that is reached from it. */
  #unoccupied(state: number): number {
    const { to, accepts } = this.#at(state);
    return to < 0 && accepts < 0 ? state : this.#after(state);
  }

  /** Takes a byte of some class, on to a new state. */
  #taking(from: number, single: number, wide: string, to = this.#state()): number {
    const taker = this.#at(this.#unoccupied(from));
    taker.single = single;
    taker.wide = wide;
    taker.to = to;
    return to;
  }

  #sequence(glob: Glob, from: number): number {
    return glob.reduce((at, node) => this.#node(node, at), from);
  }

  #node(node: GlobNode, from: number): number {
    const byte = (value: number): number => this.#classes.of[value] ?? 0;
    switch (node.kind) {
      case 'literal':
        return encoder.encode(node.text).reduce((at, wanted) => this.#taking(at, byte(wanted), ''), from);
      case 'one':
      case 'set':
        return this.#taking(from, 0, keyOf(node));
      case 'many': {
        const start = node.atLeast === 1 ? this.#taking(from, 0, keyOf(node)) : this.#after(from);
        this.#taking(start, 0, keyOf(node), start);
        return this.#after(start);
      }
      case 'directories': {
        const start = this.#after(from);
        this.#taking(start, 0, ANY_KEY, start);
        const end = this.#taking(start, byte(SLASH), '');
        this.#at(from).free.push(end);
        return end;
      }
      case 'alternatives': {
        const end = this.#state();
        for (const branch of node.branches)
          this.#at(this.#sequence(branch, this.#after(from))).free.push(end);
        return end;
      }
    }
  }

  finish(starts: readonly number[]): Nfa {
    const numbers = new Map<number, number>();
    const items = this.#states.flatMap((state, at) => {
      if (state.to < 0 && state.accepts < 0) return [];
      numbers.set(at, numbers.size);
      return [state];
    });
    const closures = new Map<number, readonly number[]>();
    const closure = (state: number): readonly number[] => {
      const known = closures.get(state);
      if (known !== undefined) return known;
      const seen = new Set([state]);
      for (const at of seen) for (const next of this.#at(at).free) seen.add(next);
      const found = [...seen].flatMap((at) => numbers.get(at) ?? []);
      closures.set(state, found);
      return found;
    };
    return {
      single: items.map((item) => item.single),
      wide: items.map((item) => item.wide),
      targets: items.map((item) => (item.to < 0 ? [] : closure(item.to))),
      accepts: items.map((item) => item.accepts),
      owner: items.map((item) => item.owner),
      starts: starts.map(closure),
    };
  }
}
