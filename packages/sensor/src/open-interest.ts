import { RwOpenClause, RwOpenFact, RwSettings } from '@runward/events';
import type { Scope } from './dispatch-table.js';

/** A condition on a field that holds in every event that could match; what the rule planner derives. */
export interface InterestLiteral {
  readonly field: string;
  readonly argument: string | number | undefined;
  /** Equality is `in`. */
  readonly operator: string;
  /** Alternatives. */
  readonly values: readonly string[];
  /** The check must not hold. */
  readonly negated: boolean;
}
/** All literals hold. No literal: always. */
export type InterestClause = readonly InterestLiteral[];

interface PathGroup {
  readonly leaves: readonly string[];
  readonly parents: readonly string[];
  readonly tops: readonly string[];
}

/** A clause somebody asks for. */
export interface OpenAsk<Source = unknown> {
  readonly clause: InterestClause;
  readonly scope: Scope;
  readonly source: Source;
  /** Asks of equal fate are ruled out together, so nothing is lost by joining them. */
  readonly fate: number;
}

/** What the kernel tests of one clause. */
export interface OpenClause<Source = unknown> {
  readonly mask: number;
  readonly want: number;
  readonly group: PathGroup | undefined;
  readonly scope: Scope;
  /** Who asks: when none of them can use an event of some process, the clause need not be tested for it. */
  readonly sources: readonly Source[];
}

/** Which opens are worth a record. */
export interface OpenInterest<Source = unknown> {
  readonly clauses: readonly OpenClause<Source>[];
}

export const ALL_OPENS: OpenInterest<never> = {
  clauses: [{ mask: 0, want: 0, group: undefined, scope: 3, sources: [] }],
};

const CLAUSE_LIMIT = 16;
const SKETCH_SIZE = 4096;
const F = RwOpenFact;

const components = (path: string): string[] => path.split('/').filter((c) => c !== '');
const isPlainPath = (path: string): boolean => path.startsWith('/') && components(path).length > 0;

/** Path literals the sketches can test; undefined for one they cannot, which then counts as true. */
function pathGroup(literal: InterestLiteral): PathGroup | undefined {
  if (literal.negated || literal.argument !== undefined) return undefined;
  const { field, operator, values } = literal;
  const equality = operator === 'in';
  const none: readonly string[] = [];
  if (field === 'fd.name' && equality && values.every(isPlainPath)) {
    return { leaves: values.map((v) => components(v).at(-1) ?? ''), parents: none, tops: none };
  }
  if (field === 'fd.filename' && equality && values.every((v) => v !== '' && !v.includes('/'))) {
    return { leaves: values, parents: none, tops: none };
  }
  if (field === 'fd.directory' && equality && values.every(isPlainPath)) {
    return { leaves: none, parents: values.map((v) => components(v).at(-1) ?? ''), tops: none };
  }
  // What stands behind the last slash of an ending is the whole last component.
  if (field === 'fd.name' && operator === 'endswith' && values.every((v) => /\/[^/]+$/.test(v))) {
    return { leaves: values.map((v) => v.slice(v.lastIndexOf('/') + 1)), parents: none, tops: none };
  }
  // A pattern without wildcards in its first component pins that one.
  if (field === 'fd.name' && operator === 'glob' && values.every((v) => /^\/[^/*?[\\]+\//.test(v))) {
    return { leaves: none, parents: none, tops: values.map((v) => components(v)[0] ?? '') };
  }
  // A prefix pins the topmost component only where the component ends inside the prefix.
  if (field === 'fd.name' && operator === 'startswith' && values.every((v) => /^\/[^/]+\//.test(v))) {
    return { leaves: none, parents: none, tops: values.map((v) => components(v)[0] ?? '') };
  }
  return undefined;
}

/** Facts of the open itself. `[mask, want]`, or undefined when the literal is about something else. */
function openFacts(literal: InterestLiteral): readonly [number, number] | undefined {
  const { operator, values } = literal;
  const field = literal.argument === undefined ? literal.field : `${literal.field}.${literal.argument}`;
  const equal = operator === 'in' && values.length === 1;
  const isTrue = equal && values[0] === 'true';
  const isFalse = equal && values[0] === 'false';
  const holds = literal.negated ? isFalse : isTrue;
  const fails = literal.negated ? isTrue : isFalse;
  if (field === 'evt.is_open_write' && (holds || fails)) return [F.RW_O_WRITE, holds ? F.RW_O_WRITE : 0];
  if (field === 'evt.is_open_read' && (holds || fails)) return [F.RW_O_READ, holds ? F.RW_O_READ : 0];
  if (literal.negated) return undefined;
  if (field === 'fd.num' && operator === '>=' && values.length === 1 && values[0] === '0')
    return [F.RW_O_FAILED, 0];
  if (field === 'fd.num' && equal && values[0] === '-1') return [F.RW_O_FAILED, F.RW_O_FAILED];
  if (
    field === 'evt.arg.flags' &&
    operator === 'contains' &&
    values.length === 1 &&
    values[0] === 'O_TRUNC'
  ) {
    return [F.RW_O_TRUNC, F.RW_O_TRUNC];
  }
  if (field === 'fd.nameraw' && operator === 'contains' && values.every((v) => v.includes('..'))) {
    return [F.RW_O_DOTDOT, F.RW_O_DOTDOT];
  }
  return undefined;
}

/** Whether the kernel can test the literal; the planner drops those it cannot (they count as true). */
export const isKernelTestable = (literal: InterestLiteral): boolean =>
  openFacts(literal) !== undefined || pathGroup(literal) !== undefined;

const intersects = (a: PathGroup, b: PathGroup): PathGroup =>
  // Both must hold; testing one of them is enough to stay sound. The shorter list is the sharper.
  a.leaves.length + a.parents.length + a.tops.length <= b.leaves.length + b.parents.length + b.tops.length
    ? a
    : b;

interface Draft<Source> extends OpenClause<Source> {
  readonly fate: number;
}

function compileClause<Source>({ clause, scope, source, fate }: OpenAsk<Source>): Draft<Source> | undefined {
  let mask = 0;
  let want = 0;
  let group: PathGroup | undefined;
  for (const literal of clause) {
    const facts = openFacts(literal);
    if (facts !== undefined) {
      const [m, w] = facts;
      if ((mask & m & (want ^ w)) !== 0) return undefined; // contradicts an earlier literal: never true
      mask |= m;
      want |= w;
      continue;
    }
    const paths = pathGroup(literal);
    if (paths !== undefined) group = group === undefined ? paths : intersects(group, paths);
  }
  return { mask, want, group, scope, sources: [source], fate };
}

/**
 * The kernel's form of the planner's clauses. Where they are more than fit, those of different fate are joined;
 * should that not be enough, one that is always true takes their place: sound, and visible in
 * `runward run --explain-interest`.
 */
export function compileOpenInterest<Source>(asks: readonly OpenAsk<Source>[]): OpenInterest<Source> {
  const drafts = asks.map(compileClause).filter((c) => c !== undefined);
  for (const keyOf of [byFate, byPaths, byFacts]) {
    const clauses = withoutCovered(merge(drafts, keyOf));
    if (clauses.length <= CLAUSE_LIMIT) return { clauses: clauses.map(({ fate: _, ...clause }) => clause) };
  }
  const sources = [...new Set(asks.map((ask) => ask.source))];
  return { clauses: [{ mask: 0, want: 0, group: undefined, scope: 3, sources }] };
}

type KeyOf = (clause: Draft<unknown>) => string;
const byFacts: KeyOf = ({ mask, want, scope }) => `${mask}:${want}:${scope}`;
const byPaths: KeyOf = (clause) => `${byFacts(clause)}:${clause.group !== undefined}`;
const byFate: KeyOf = (clause) => `${byPaths(clause)}:${clause.fate}`;

/** Clauses of one key share one group; a clause without paths swallows those with. */
function merge<Source>(drafts: readonly Draft<Source>[], keyOf: KeyOf): Draft<Source>[] {
  const merged = new Map<string, Draft<Source>>();
  for (const draft of drafts) {
    const key = keyOf(draft);
    const known = merged.get(key);
    if (known === undefined) {
      merged.set(key, draft);
      continue;
    }
    const group = known.group && draft.group && joinGroups(known.group, draft.group);
    const sources = [...new Set([...known.sources, ...draft.sources])];
    merged.set(key, { ...known, group, sources, fate: known.fate === draft.fate ? known.fate : MIXED });
  }
  return [...merged.values()];
}

const MIXED = -1;

/** Leaves out what a wider clause of the same fate lets through anyway. */
function withoutCovered<Source>(clauses: readonly Draft<Source>[]): Draft<Source>[] {
  const covers = (wide: Draft<Source>, c: Draft<Source>): boolean =>
    wide !== c &&
    wide.group === undefined &&
    wide.fate === c.fate &&
    wide.fate !== MIXED &&
    (wide.scope & c.scope) === c.scope &&
    (wide.mask & c.mask) === wide.mask &&
    (wide.mask & c.want) === wide.want;
  return clauses.filter((c) => !clauses.some((wide) => covers(wide, c)));
}

const joinGroups = (a: PathGroup, b: PathGroup): PathGroup => ({
  leaves: [...a.leaves, ...b.leaves],
  parents: [...a.parents, ...b.parents],
  tops: [...a.tops, ...b.tops],
});

const encoder = new TextEncoder();
const WORD = (1n << 64n) - 1n;

/** The same function as rw_sketch_index in bpf/hooks/open.h. */
export function sketchIndex(component: string): number {
  const bytes = encoder.encode(component);
  let first = 0n;
  for (let i = Math.min(8, bytes.length) - 1; i >= 0; i -= 1) first = (first << 8n) | BigInt(bytes[i] ?? 0);
  first ^= (BigInt(bytes.length) << 56n) & WORD;
  return Number(((first * 0x9e3779b97f4a7c15n) & WORD) >> 52n);
}

/**
 * Writes clauses and sketches. While they are half of the old rules and half of the new, the kernel sends every
 * open; `settle` is called with that in force and returns once no program can still be reading the old ones.
 */
export function writeOpenInterest(settings: DataView, interest: OpenInterest, settle: () => void): void {
  const sketches = {
    leaves: new Uint32Array(SKETCH_SIZE),
    parents: new Uint32Array(SKETCH_SIZE),
    tops: new Uint32Array(SKETCH_SIZE),
  };
  let next = 0;
  const rows = interest.clauses.map((clause) => {
    if (clause.group === undefined) return { ...clause, bit: 0 };
    const bit = (1 << next++) >>> 0;
    for (const part of ['leaves', 'parents', 'tops'] as const) {
      for (const name of clause.group[part]) {
        const at = sketchIndex(name);
        sketches[part][at] = ((sketches[part][at] ?? 0) | bit) >>> 0;
      }
    }
    return { ...clause, bit };
  });
  const set = (at: number, value: number): void => settings.setUint32(at, value >>> 0, true);
  const all = new Int32Array(settings.buffer, settings.byteOffset + RwSettings.open_all, 1);
  Atomics.store(all, 0, 1);
  settle();
  for (let i = 0; i < SKETCH_SIZE; i += 1) {
    set(RwSettings.leaf_sketch + 4 * i, sketches.leaves[i] ?? 0);
    set(RwSettings.parent_sketch + 4 * i, sketches.parents[i] ?? 0);
    set(RwSettings.top_sketch + 4 * i, sketches.tops[i] ?? 0);
  }
  set(RwSettings.open_wants_top, sketches.tops.some((bits) => bits !== 0) ? 1 : 0);
  for (const [i, row] of rows.entries()) {
    const at = RwSettings.open_clauses + i * RwOpenClause.size;
    set(at + RwOpenClause.mask, row.mask);
    set(at + RwOpenClause.want, row.want);
    set(at + RwOpenClause.group, row.bit);
    set(at + RwOpenClause.scope, row.scope);
  }
  set(RwSettings.open_clause_count, rows.length);
  Atomics.store(all, 0, 0);
}
