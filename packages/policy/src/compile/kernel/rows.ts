import type { EffectiveLine } from '../../decide/effective.js';
import { operationsOf } from './choices.js';
import type { PatternLine, PatternTable } from './patterns.js';
import type { KernelRule } from './tables.js';

/** More lines apply to one path than a row may hold. */
export class RowTooLong extends Error {
  constructor(readonly line: EffectiveLine) {
    super('a row is too long');
  }
}

/** What of an accept state matters besides its row. */
export interface Row {
  /** Index of its head among the rules. */
  readonly at: number;
  readonly deniesEnforced: boolean;
  readonly deniesWatched: boolean;
}

const head = (from: bigint, args: bigint, lines: readonly KernelRule[]): KernelRule => ({
  from,
  ancestors: 0n,
  arguments: args,
  operations: lines.reduce((bits, { operations }) => bits | operations, 0),
  line: lines.length,
  sha256: '',
  denies: false,
  enforced: false,
  ownerOnly: false,
});

/** Rows of lines for the sets of patterns that accept states have; equal sets share one. */
export class RowTable {
  /** Row 0: of the paths no pattern accepts. */
  readonly rules: KernelRule[] = [head(0n, 0n, [])];
  readonly #rows = new Map<string, Row>([['', { at: 0, deniesEnforced: false, deniesWatched: false }]]);
  readonly #byPattern = new Map<number, PatternLine[]>();
  readonly #classesByPattern = new Map<number, bigint>();
  readonly #argumentsByText = new Map<number, bigint>();
  readonly #limit: number;
  readonly #paths: number;

  /** Patterns are numbered as in the automaton: paths first, then arguments. */
  constructor(table: PatternTable, limit: number) {
    this.#limit = limit;
    this.#paths = table.paths.length;
    for (const line of table.lines) {
      const list = this.#byPattern.get(line.pattern);
      if (list === undefined) this.#byPattern.set(line.pattern, [line]);
      else list.push(line);
    }
    addClasses(this.#classesByPattern, table.programClasses);
    addClasses(this.#argumentsByText, table.argumentClasses);
  }

  row(accepts: readonly number[]): Row {
    const key = accepts.join();
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const row = this.#make(accepts);
    this.#rows.set(key, row);
    return row;
  }

  #make(accepts: readonly number[]): Row {
    const accepted = new Set(accepts);
    const lines = accepts
      .flatMap((pattern) => (pattern < this.#paths ? (this.#byPattern.get(pattern) ?? []) : []))
      .filter(({ except }) => !except.some((pattern) => accepted.has(pattern)))
      .sort((a, b) => a.line.id - b.line.id);
    const rules = lines.flatMap(rulesOf);
    if (rules.length > this.#limit) throw new RowTooLong(lines[lines.length - 1]?.line ?? lineOf(lines));
    let classes = 0n;
    let args = 0n;
    for (const pattern of accepts) {
      if (pattern < this.#paths) classes |= this.#classesByPattern.get(pattern) ?? 0n;
      else args |= this.#argumentsByText.get(pattern - this.#paths) ?? 0n;
    }
    if (rules.length === 0 && classes === 0n && args === 0n)
      return { at: 0, deniesEnforced: false, deniesWatched: false };
    const at = this.rules.length;
    this.rules.push(head(classes, args, rules), ...rules);
    return {
      at,
      deniesEnforced: rules.some(({ denies, enforced }) => denies && enforced),
      deniesWatched: rules.some(({ denies }) => denies),
    };
  }
}

function lineOf(lines: readonly PatternLine[]): EffectiveLine {
  const [first] = lines;
  if (first === undefined) throw new RangeError('a row without lines is not too long');
  return first.line;
}

function addClasses(map: Map<number, bigint>, lists: readonly (readonly number[])[]): void {
  lists.forEach((list, number) => {
    for (const pattern of list) map.set(pattern, (map.get(pattern) ?? 0n) | (1n << BigInt(number)));
  });
}

/** A line that asks for one of several digests is one entry for each. */
function rulesOf({ line, from, ancestors, arguments: args }: PatternLine): readonly KernelRule[] {
  const digests =
    line.terms.kind === 'process' && line.terms.line.sha256.length > 0 ? line.terms.line.sha256 : [''];
  return digests.map((sha256) => ({
    ...{ from, ancestors, arguments: args, sha256 },
    operations: operationsOf(line),
    line: line.id,
    denies: line.verdict === 'deny',
    enforced: line.mode === 'protect',
    ownerOnly: line.terms.kind === 'file' && line.terms.line.ownerOnly,
  }));
}
