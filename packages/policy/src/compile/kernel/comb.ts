import type { Dfa, DfaState } from './dfa.js';

/** Set in `check` of a cell that is a move: RW_CELL_OWNED of bpf/enforce/automaton.h. */
export const CELL_OWNED = 0x8000_0000;
/** Bits in `next` of a state's head: RW_HEAD_* there. */
export const HEAD_FREE_ENFORCED = 0x8000_0000;
export const HEAD_FREE_WATCHED = 0x4000_0000;
export const HEAD_ACCEPT = 0x3fff_ffff;

/** The automaton as the kernel has it: `check` and `next` of each cell in turn. A state is the index of its head. */
export interface Comb {
  readonly cells: Uint32Array;
  /** Cell of each state. */
  readonly at: Uint32Array;
}

/** A place is tried this often before places further on are. */
const TRIES = 256;

/**
 * Lays the states into one array so that the moves of one lie in gaps between those of others (row displacement;
 * Tarjan and Yao 1979). Undefined when that takes more cells than the limit.
 *
 * @param heads `next` of the head of each state
 */
export function packStates(
  dfa: Dfa,
  heads: Uint32Array,
  classCount: number,
  limit: number,
): Comb | undefined {
  const places = new Places(classCount);
  const at = new Uint32Array(dfa.states.length);
  // The dead state is the first: its cell is 0, and it has no moves.
  const order = dfa.states.map((_, state) => state);
  const size = (state: number): number => dfa.states[state]?.moves.length ?? 0;
  for (const state of [0, ...order.filter((s) => s > 0).sort((a, b) => size(b) - size(a) || a - b)]) {
    at[state] = places.take(dfa.states[state]?.moves ?? []);
    if (places.end > limit) return undefined;
  }
  const cells = new Uint32Array(2 * (places.end + classCount + 1));
  dfa.states.forEach((state, number) => {
    writeState(cells, at, number, state, heads[number] ?? 0);
  });
  return { cells, at };
}

function writeState(
  cells: Uint32Array,
  at: Uint32Array,
  number: number,
  state: DfaState,
  head: number,
): void {
  const base = at[number] ?? 0;
  cells[2 * base] = at[state.otherwise] ?? 0;
  cells[2 * base + 1] = head;
  for (let i = 0; i < state.moves.length; i += 2) {
    const cell = base + (state.moves[i] ?? 0);
    cells[2 * cell] = (base | CELL_OWNED) >>> 0;
    cells[2 * cell + 1] = at[state.moves[i + 1] ?? 0] ?? 0;
  }
}

class Places {
  #used = new Uint8Array(1 << 16);
  #from = 0;
  readonly #span: number;
  /** Behind the last cell taken. */
  end = 0;

  constructor(classCount: number) {
    this.#span = classCount + 1;
  }

  take(moves: readonly number[]): number {
    while (this.#isUsed(this.#from)) this.#from += 1;
    let tries = 0;
    for (let base = this.#from; ; base += 1) {
      tries += 1;
      if (!this.#fits(base, moves)) continue;
      // What lies behind is too ragged for states like this one.
      if (tries > TRIES) this.#from = base - TRIES / 2;
      this.#mark(base);
      for (let i = 0; i < moves.length; i += 2) this.#mark(base + (moves[i] ?? 0));
      return base;
    }
  }

  #isUsed(cell: number): boolean {
    return (this.#used[cell] ?? 0) !== 0;
  }

  #fits(base: number, moves: readonly number[]): boolean {
    if (this.#isUsed(base)) return false;
    for (let i = 0; i < moves.length; i += 2) if (this.#isUsed(base + (moves[i] ?? 0))) return false;
    return true;
  }

  #mark(cell: number): void {
    if (cell + this.#span >= this.#used.length) {
      const larger = new Uint8Array(2 * this.#used.length);
      larger.set(this.#used);
      this.#used = larger;
    }
    this.#used[cell] = 1;
    this.end = Math.max(this.end, cell + 1);
  }
}
