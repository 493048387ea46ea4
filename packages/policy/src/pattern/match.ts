import { acceptsByte, type Glob, type GlobNode } from './glob.js';

/** A path or text; bytes where it is not valid UTF-8. */
export type Subject = string | Uint8Array;
export type Matcher = (subject: Subject) => boolean;

const encoder = new TextEncoder();

/**
 * The reference matcher. Time is the product of the lengths of pattern and subject at worst: all places the pattern
 * may have come to are followed at once, none is tried again.
 */
export function globMatcher(glob: Glob): Matcher {
  const [first] = glob;
  if (glob.length === 0) return (subject) => subject.length === 0;
  if (glob.length === 1 && first?.kind === 'literal') return literalMatcher(first.text);
  const prefix = first?.kind === 'literal' ? first.text : '';
  let machine: Machine | undefined; // few patterns get past their prefix
  return (subject) => {
    if (typeof subject === 'string' && !subject.startsWith(prefix)) return false;
    machine ??= new Machine(glob);
    return machine.accepts(typeof subject === 'string' ? encoder.encode(subject) : subject);
  };
}

function literalMatcher(text: string): Matcher {
  const bytes = encoder.encode(text);
  return (subject) =>
    typeof subject === 'string'
      ? subject === text
      : subject.length === bytes.length && subject.every((byte, at) => byte === bytes[at]);
}

interface State {
  /** Where it goes on a byte it takes. */
  readonly takes: (byte: number) => boolean;
  readonly to: number;
}

/** A non-deterministic automaton; state numbers index `#steps` and `#free`. */
class Machine {
  readonly #steps: State[][] = [];
  readonly #free: number[][] = [];
  readonly #end: number;

  constructor(glob: Glob) {
    this.#end = this.#sequence(glob, this.#state());
  }

  accepts(bytes: Uint8Array): boolean {
    let current = this.#closure([0]);
    for (const byte of bytes) {
      const next: number[] = [];
      for (const state of current)
        for (const step of this.#steps[state] ?? []) if (step.takes(byte)) next.push(step.to);
      if (next.length === 0) return false;
      current = this.#closure(next);
    }
    return current.includes(this.#end);
  }

  #closure(states: readonly number[]): readonly number[] {
    const seen = new Set(states);
    for (const state of seen) for (const next of this.#free[state] ?? []) seen.add(next);
    return [...seen];
  }

  #state(): number {
    this.#steps.push([]);
    this.#free.push([]);
    return this.#steps.length - 1;
  }

  #step(from: number, takes: (byte: number) => boolean, to = this.#state()): number {
    this.#steps[from]?.push({ takes, to });
    return to;
  }

  #sequence(glob: Glob, from: number): number {
    return glob.reduce((at, node) => this.#node(node, at), from);
  }

  #node(node: GlobNode, from: number): number {
    switch (node.kind) {
      case 'literal':
        return encoder
          .encode(node.text)
          .reduce((at, wanted) => this.#step(at, (byte) => byte === wanted), from);
      case 'one':
      case 'set':
        return this.#step(from, (byte) => acceptsByte(node, byte));
      case 'many': {
        // A state of its own: coming back to `from` would let a branch that starts there repeat too.
        const takes = (byte: number): boolean => acceptsByte(node, byte);
        const start = node.atLeast === 1 ? this.#step(from, takes) : this.#after(from);
        this.#step(start, takes, start);
        return this.#after(start);
      }
      case 'directories': {
        const start = this.#after(from);
        const any = (byte: number): boolean => byte !== 0;
        this.#step(start, any, start);
        const end = this.#step(start, (byte) => byte === 0x2f);
        this.#free[from]?.push(end);
        return end;
      }
      case 'alternatives': {
        const end = this.#state();
        for (const branch of node.branches) this.#free[this.#sequence(branch, this.#after(from))]?.push(end);
        return end;
      }
    }
  }

  /** A new state that is reached without a byte. */
  #after(from: number): number {
    const state = this.#state();
    this.#free[from]?.push(state);
    return state;
  }
}
