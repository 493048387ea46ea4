import { type ByteClasses, byteClasses } from '../compile/kernel/byte-classes.js';
import { buildDfa, type Dfa, TooManyStates } from '../compile/kernel/dfa.js';
import { buildNfa } from '../compile/kernel/nfa.js';
import type { Glob } from '../pattern/glob.js';

/** Beyond it comparing takes longer than who asked wants to wait. */
export const MAX_COMPARED_STATES = 200_000;

/** Several globs as one automaton: which texts which of them accept. */
export interface Automaton {
  readonly dfa: Dfa;
  readonly classes: ByteClasses;
  /** Undefined when no glob is given. */
  readonly start: number;
}

/** Undefined when it would have more states than the limit. */
export function automatonOf(globs: readonly Glob[], limit = MAX_COMPARED_STATES): Automaton | undefined {
  const classes = byteClasses(globs);
  const nfa = buildNfa(globs, classes);
  try {
    const dfa = buildDfa(nfa, classes, [nfa.starts.flat()], limit);
    return { dfa, classes, start: dfa.starts[0] ?? 0 };
  } catch (error) {
    if (error instanceof TooManyStates) return undefined;
    throw error;
  }
}

const PRINTABLE = [...'xabcdefghijklmnopqrstuvwyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.'].map((c) =>
  c.charCodeAt(0),
);
const SLASH = 0x2f;

/** A byte of each class, letters where there are some; index 0 is not used. */
function representatives({ of, count }: ByteClasses): readonly number[] {
  const found: number[] = new Array<number>(count + 1).fill(0);
  const all = [...PRINTABLE, ...Array.from({ length: 255 }, (_, i) => i + 1)];
  for (const byte of all) {
    const number = of[byte] ?? 0;
    if (number > 0 && found[number] === 0 && byte !== SLASH) found[number] = byte;
  }
  const slash = of[SLASH] ?? 0;
  if (found[slash] === 0) found[slash] = SLASH;
  return found;
}

interface Reached {
  readonly state: number;
  readonly from: Reached | undefined;
  readonly byte: number;
}

/**
 * Calls back with every state and a shortest text that leads there. With `asPath` the texts are paths: absolute, without
 * empty components.
 */
export function eachState(
  { dfa, classes, start }: Automaton,
  asPath: boolean,
  visit: (accepts: readonly number[], example: () => string) => void,
): void {
  const bytes = representatives(classes);
  const slash = classes.of[SLASH] ?? 0;
  const seen = new Set<string>();
  const told = new Set<number>();
  const queue: (Reached & { readonly afterSlash: boolean })[] = [];
  const reach = (state: number, from: Reached | undefined, byte: number): void => {
    const afterSlash = byte === SLASH;
    if (state === 0 || seen.has(`${state}${afterSlash}`)) return;
    seen.add(`${state}${afterSlash}`);
    queue.push({ state, from, byte, afterSlash });
  };
  reach(start, undefined, 0);
  for (const at of queue) {
    const state = dfa.states[at.state];
    if (state === undefined) continue;
    const isWhole = !asPath || (at.from !== undefined && (!at.afterSlash || at.from.from === undefined));
    if (isWhole && !told.has(at.state)) {
      told.add(at.state);
      visit(state.accepts, () => textOf(at));
    }
    const next = new Map<number, number>();
    for (let i = 0; i < state.moves.length; i += 2) next.set(state.moves[i] ?? 0, state.moves[i + 1] ?? 0);
    for (let number = 1; number <= classes.count; number += 1) {
      const byte = bytes[number] ?? 0;
      const to = next.get(number) ?? state.otherwise;
      if (asPath && at.from === undefined && number !== slash) continue;
      // The class of the slash may hold other bytes too, which may follow one.
      if (number === slash && !(asPath && at.afterSlash)) reach(to, at, SLASH);
      if (byte !== SLASH && !(asPath && at.from === undefined)) reach(to, at, byte);
    }
  }
}

function textOf(reached: Reached): string {
  const bytes: number[] = [];
  for (let at: Reached | undefined = reached; at?.from !== undefined; at = at.from) bytes.push(at.byte);
  return new TextDecoder().decode(Uint8Array.from(bytes.reverse()));
}
