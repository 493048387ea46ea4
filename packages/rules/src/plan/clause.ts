import type { Operator } from '../lex/operators.js';
import type { FieldOperand } from '../resolve/expression.js';

/** A check of one field, as the kernel may be able to make it. Several values are alternatives. */
export interface Atom {
  readonly field: string;
  readonly argument: string | number | undefined;
  /** `=` is given as `in`, except for true lists, where `in` is about every element. */
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** `negated`: the check must not hold, which includes events that do not carry the field. */
export interface InterestLiteral extends Atom {
  readonly negated: boolean;
}

/** A conjunction; an empty one holds for every event. */
export type InterestClause = readonly InterestLiteral[];

/** A literal while clauses are being combined. */
export interface Literal extends InterestLiteral {
  /** Field, argument, operator and polarity: literals of equal family differ only in values. */
  readonly family: string;
  /** Family and values. */
  readonly key: string;
  /** Equal for equal keys, short to compare: keys can be thousands of characters long. */
  readonly id: number;
  readonly familyId: number;
  /** The field has one value, so two literals on it can be intersected. */
  readonly single: boolean;
}

export type Clause = ReadonlyMap<string, Literal>;

export function literal(operand: FieldOperand, atom: Atom, negated: boolean): Literal {
  return withValues(
    {
      ...atom,
      negated,
      family: `${negated ? '!' : ''}${atom.operator} ${operand.key}`,
      ...{ key: '', id: 0, familyId: 0 },
      single: operand.list === 'none',
    },
    atom.values,
  );
}

export const withValues = (like: Literal, values: readonly string[]): Literal => {
  const sorted = [...new Set(values)].sort();
  const key = `${like.family} ${sorted.join('\0')}`;
  return { ...like, values: sorted, key, id: idOf(key), familyId: like.familyId || idOf(like.family) };
};

const MAX_IDS = 100_000;
const ids = new Map<string, number>();
let lastId = 0;

/** Ids are never given twice; one that was forgotten only keeps two equal literals from being seen as equal. */
function idOf(key: string): number {
  const known = ids.get(key);
  if (known !== undefined) return known;
  if (ids.size >= MAX_IDS) ids.clear();
  lastId += 1;
  ids.set(key, lastId);
  return lastId;
}

export const clauseOf = (literals: Iterable<Literal>): Clause =>
  new Map([...literals].map((l) => [l.key, l]));

/** Both clauses at once; undefined when they contradict each other. */
export function conjoin(a: Clause, b: Clause): Clause | undefined {
  const byFamily = new Map<string, Literal>();
  const others: Literal[] = [];
  for (const item of [...a.values(), ...b.values()]) {
    if (!item.single || item.operator !== 'in') {
      others.push(item);
      continue;
    }
    const known = byFamily.get(item.family);
    if (known === undefined) byFamily.set(item.family, item);
    // Products meet the same literals again and again: most need no new one.
    else if (known.key !== item.key) {
      const kept = new Set(item.values);
      const values = item.negated
        ? [...known.values, ...item.values]
        : known.values.filter((v) => kept.has(v));
      byFamily.set(item.family, values.length === known.values.length ? known : withValues(known, values));
    }
  }
  for (const item of [...byFamily.values()]) {
    const excluded = item.negated ? undefined : byFamily.get(`!${item.family}`);
    if (!item.negated && item.values.length === 0) return undefined;
    if (excluded === undefined) continue;
    const without = new Set(excluded.values);
    const values = item.values.filter((v) => !without.has(v));
    if (values.length === 0) return undefined;
    if (values.length < item.values.length) byFamily.set(item.family, withValues(item, values));
    byFamily.delete(excluded.family);
  }
  return clauseOf([...byFamily.values(), ...others]);
}

/** A clause that holds wherever one of the two does: literals of both, widened to the values of either. */
export function widen(a: Clause, b: Clause): Clause {
  const widened: Literal[] = [];
  for (const item of a.values()) {
    if (b.has(item.key)) widened.push(item);
    else {
      const other = [...b.values()].find((l) => l.family === item.family);
      // Several values are alternatives, which `!=` cannot express.
      if (other === undefined || item.operator === '!=') continue;
      if (!item.negated) widened.push(withValues(item, [...item.values, ...other.values]));
      else {
        const common = item.values.filter((v) => other.values.includes(v));
        if (common.length > 0) widened.push(withValues(item, common));
      }
    }
  }
  return clauseOf(widened);
}
