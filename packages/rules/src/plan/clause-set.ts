import { type Clause, conjoin, widen } from './clause.js';

/** More alternatives than this are widened into fewer: the kernel tests them all on every event. */
export const MAX_CLAUSES = 32;

/** Products bigger than this are not even looked at: what they weaken to is not worth the start-up time. */
const MAX_PRODUCT = 4 * MAX_CLAUSES;

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
    if (set.length * result.length > MAX_PRODUCT) continue;
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
    const joined = join(current);
    if (joined.length === current.length) return current;
    current = absorb(joined);
  }
}

function absorb(clauses: readonly Clause[]): readonly Clause[] {
  const sorted = [...clauses].sort((a, b) => a.size - b.size);
  const kept: Clause[] = [];
  for (const clause of sorted) if (!kept.some((k) => covers(k, clause))) kept.push(clause);
  return kept;
}

function covers(wide: Clause, narrow: Clause): boolean {
  for (const key of wide.keys()) if (!narrow.has(key)) return false;
  return true;
}

/** Joins pairs that are equal but for the values of one literal; clauses meet under what they have in common. */
function join(clauses: readonly Clause[]): readonly Clause[] {
  const partners = new Map<string, Clause>();
  const joined = new Set<Clause>(clauses);
  for (const clause of clauses) {
    const own = signaturesOf(clause);
    const partner = own.map((s) => partners.get(s)).find((c) => c !== undefined && joined.has(c));
    if (partner === undefined) {
      for (const signature of own) partners.set(signature, clause);
    } else {
      joined.delete(partner);
      joined.delete(clause);
      joined.add(widen(partner, clause));
    }
  }
  return [...joined];
}

/** A clause lives through many rounds of joining. */
const signatures = new WeakMap<Clause, readonly string[]>();

function signaturesOf(clause: Clause): readonly string[] {
  const known = signatures.get(clause) ?? makeSignatures(clause);
  signatures.set(clause, known);
  return known;
}

function makeSignatures(clause: Clause): readonly string[] {
  const literals = [...clause.values()].sort((a, b) => a.id - b.id);
  return literals
    .filter((open) => open.operator !== '!=')
    .map((open) => {
      let others = `*${open.familyId}`;
      for (const { id } of literals) if (id !== open.id) others += `,${id}`;
      return others;
    });
}

/** Widens the two most alike clauses into one until few enough are left. */
function bound(clauses: readonly Clause[]): readonly Clause[] {
  let current = clauses;
  while (current.length > MAX_CLAUSES) {
    const families = current.map((clause) => new Set([...clause.values()].map((l) => l.family)));
    let best = { a: 0, b: 1, loss: Number.POSITIVE_INFINITY };
    for (let a = 0; a < current.length; a++) {
      for (let b = a + 1; b < current.length; b++) {
        const loss = lossOf(families[a], families[b]);
        if (loss < best.loss) best = { a, b, loss };
      }
    }
    const [first, second] = [current[best.a], current[best.b]];
    if (first === undefined || second === undefined) return current;
    current = absorb([...current.filter((c) => c !== first && c !== second), widen(first, second)]);
  }
  return current;
}

/** How many literals two clauses do not have in common, whatever their values. */
function lossOf(a: ReadonlySet<string> = new Set(), b: ReadonlySet<string> = new Set()): number {
  let common = 0;
  for (const family of a) if (b.has(family)) common += 1;
  return a.size + b.size - 2 * common;
}
