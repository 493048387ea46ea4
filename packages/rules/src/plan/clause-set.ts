import { type Clause, conjoin, widen } from './clause.js';

/** More alternatives than this are widened into fewer: the kernel tests them all on every event. */
export const MAX_CLAUSES = 32;

export const ALWAYS: readonly Clause[] = [new Map()];
export const NEVER: readonly Clause[] = [];

/** Alternatives of all sets, bounded. Only ever weaker than exact. */
export function anyOf(sets: readonly (readonly Clause[])[]): readonly Clause[] {
  let result: readonly Clause[] = NEVER;
  for (const set of sets) result = bound(simplify([...result, ...set]));
  return result;
}

/** All sets at once, bounded: a set that would multiply the alternatives too far is left out, which weakens. */
export function allOf(sets: readonly (readonly Clause[])[]): readonly Clause[] {
  let result = ALWAYS;
  for (const set of [...sets].sort((a, b) => a.length - b.length)) {
    if (set.length === 0) return NEVER;
    const product: Clause[] = [];
    for (const a of result) {
      for (const b of set) {
        const both = conjoin(a, b);
        if (both !== undefined) product.push(both);
      }
    }
    const simple = simplify(product);
    if (simple.length <= MAX_CLAUSES) result = simple;
  }
  return result;
}

/** Drops clauses that another one covers and joins those that differ in the values of one literal. */
function simplify(clauses: readonly Clause[]): readonly Clause[] {
  let current = absorb(clauses);
  for (;;) {
    const joined = joinOnce(current);
    if (joined === undefined) return current;
    current = absorb(joined);
  }
}

function absorb(clauses: readonly Clause[]): readonly Clause[] {
  const sorted = [...clauses].sort((a, b) => a.size - b.size);
  const kept: Clause[] = [];
  for (const clause of sorted) if (!kept.some((k) => covers(k, clause))) kept.push(clause);
  return kept;
}

const covers = (wide: Clause, narrow: Clause): boolean => [...wide.keys()].every((key) => narrow.has(key));

function joinOnce(clauses: readonly Clause[]): readonly Clause[] | undefined {
  for (const [i, a] of clauses.entries()) {
    for (let j = i + 1; j < clauses.length; j++) {
      const b = clauses[j];
      if (b === undefined || a.size !== b.size) continue;
      const different = [...a.values()].filter((l) => !b.has(l.key));
      const only = different[0];
      if (only === undefined || different.length > 1) continue;
      const other = [...b.values()].find((l) => !a.has(l.key));
      if (other?.family !== only.family) continue;
      return [...clauses.filter((c) => c !== a && c !== b), widen(a, b)];
    }
  }
  return undefined;
}

/** Widens the two most alike clauses into one until few enough are left. */
function bound(clauses: readonly Clause[]): readonly Clause[] {
  let current = clauses;
  while (current.length > MAX_CLAUSES) {
    let best:
      | { readonly a: Clause; readonly b: Clause; readonly wide: Clause; readonly loss: number }
      | undefined;
    for (const [i, a] of current.entries()) {
      for (const b of current.slice(i + 1)) {
        const wide = widen(a, b);
        const loss = a.size + b.size - 2 * wide.size;
        if (best === undefined || loss < best.loss) best = { a, b, wide, loss };
      }
    }
    if (best === undefined) return current;
    const { a, b, wide } = best;
    current = absorb([...current.filter((c) => c !== a && c !== b), wide]);
  }
  return current;
}
