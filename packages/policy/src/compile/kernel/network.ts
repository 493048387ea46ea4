import type { Network } from '@runward/core';
import type { EffectiveLine, EffectivePolicy } from '../../decide/effective.js';
import { familiesOf } from '../../decide/network.js';
import { namesOf, networksOf } from '../../decide/peers.js';
import {
  NETWORK_FAMILIES,
  NETWORK_OPERATIONS,
  NETWORK_PROTOCOLS,
  type NetworkLine,
  type PortRange,
} from '../../model/policy.js';
import type { KernelNetwork, KernelNetworkRange, KernelNetworkRule } from './tables.js';

/** Something of the network section exceeds what the kernel holds. */
export class NetworkTooLarge extends Error {
  constructor(
    readonly line: EffectiveLine,
    readonly limit: 'networkRowLines' | 'networkRules' | 'networkRanges',
  ) {
    super(limit);
  }
}

export interface NetworkLimits {
  readonly networkRowLines: number;
  readonly networkRules: number;
  readonly networkRanges: number;
}

/** What a rule is about before its row is known. */
type Entry = KernelNetworkRule;
/** A network as numbers of 128 bits; IPv4 as `::ffff:a.b.c.d`. */
interface Prefix {
  readonly first: bigint;
  readonly last: bigint;
  readonly entries: Entry[];
}

const bitsOf = <Name extends string>(names: readonly Name[], of: readonly Name[]): number =>
  of.reduce((bits, name) => bits | (1 << names.indexOf(name)), 0);
const FAMILY = { ipv4: 1, ipv6: 2 } as const;
const WITH_PORTS = FAMILY.ipv4 | FAMILY.ipv6;
const CREATE = 8;
const ALL_PORTS: PortRange = { first: 0, last: 65_535 };
const MAPPED = 0xffff_0000_0000n;
const WORD = 0xffff_ffff_ffff_ffffn;

/** The lines of the network section as rows: those that name no address in row 0, the others by ranges of addresses. */
export function compileNetwork(
  effective: EffectivePolicy,
  fromOf: (line: EffectiveLine) => bigint,
  limits: NetworkLimits,
): KernelNetwork {
  const lines = (effective.sections.get('network')?.lines ?? [])
    .filter(({ terms }) => terms.kind === 'network' || terms.kind === 'direction')
    .sort((a, b) => a.id - b.id);
  const rows = new NetworkRows(limits, lines);
  const anywhere: Entry[] = [];
  const prefixes = new Map<string, Prefix>();
  const created: Entry[] = [];
  for (const line of lines) {
    if (line.terms.kind !== 'network' && line.terms.kind !== 'direction') continue;
    const entries = new LineEntries(line, line.terms.line, fromOf(line));
    created.push(...entries.creating());
    anywhere.push(...entries.anywhere());
    for (const { network, entries: list } of entries.byNetwork()) addPrefix(prefixes, network, list);
  }
  rows.add(anywhere);
  const createRow = created.length === 0 ? 0 : rows.add(withoutRepeats(created));
  const ranges = layRanges([...prefixes.values()], rows, limits);
  return { rules: rows.rules, ranges, createRow };
}

class LineEntries {
  readonly #line: EffectiveLine;
  readonly #terms: NetworkLine;
  readonly #base: Omit<Entry, 'operations' | 'families' | 'portFirst' | 'portLast'>;
  readonly #families: number;

  constructor(line: EffectiveLine, terms: NetworkLine, from: bigint) {
    this.#line = line;
    this.#terms = terms;
    this.#families = bitsOf(NETWORK_FAMILIES, familiesOf(terms) ?? []);
    this.#base = {
      ...{ from, line: line.id, denies: line.verdict === 'deny', enforced: line.mode === 'protect' },
      ...{ protocols: bitsOf(NETWORK_PROTOCOLS, terms.protocols), name: '' },
    };
  }

  /** Creating a socket has no address and no port; a line that allows to use one allows to create it. */
  creating(): readonly Entry[] {
    const { operation, ports } = this.#terms;
    const isAbout =
      operation === 'create'
        ? networksOf(this.#terms) === undefined && ports.length === 0
        : this.#line.verdict === 'allow';
    if (!isAbout) return [];
    return [
      {
        ...this.#base,
        ...{ operations: CREATE, families: this.#families },
        ...{ portFirst: ALL_PORTS.first, portLast: ALL_PORTS.last },
      },
    ];
  }

  /** Those of any address; and those of names, which addresses have or have not when they are met. */
  anywhere(): readonly Entry[] {
    if (this.#terms.operation === 'create') return [];
    if (networksOf(this.#terms) === undefined) return this.#entries(this.#families, false);
    return namesOf(this.#terms).flatMap((name) =>
      this.#entries(this.#families, false).map((entry) => ({ ...entry, name })),
    );
  }

  byNetwork(): readonly { readonly network: Network; readonly entries: readonly Entry[] }[] {
    if (this.#terms.operation === 'create') return [];
    return (networksOf(this.#terms) ?? []).flatMap((network) => {
      const family = network.words.length === 1 ? FAMILY.ipv4 : FAMILY.ipv6;
      if ((this.#families & family) === 0) return [];
      const own = { network, entries: this.#entries(family, true) };
      return [own, ...this.#wide(family)];
    });
  }

  /** What denies an address denies binding all of them, as `networkLineMatches` says. */
  #wide(family: number): { readonly network: Network; readonly entries: readonly Entry[] }[] {
    const { operation } = this.#terms;
    if (this.#line.verdict !== 'deny' || (operation !== 'bind' && operation !== 'listen')) return [];
    const any6 = { network: { words: [0, 0, 0, 0], bits: 128 }, entries: this.#entries(FAMILY.ipv6, true) };
    if (family === FAMILY.ipv6) return [any6];
    return [any6, { network: { words: [0], bits: 32 }, entries: this.#entries(FAMILY.ipv4, true) }];
  }

  #entries(families: number, hasAddress: boolean): readonly Entry[] {
    const { operation, ports } = this.#terms;
    const kept = ports.length > 0 && !hasAddress ? families & WITH_PORTS : families;
    if (kept === 0 && families !== 0) return [];
    return joined(ports.length === 0 ? [ALL_PORTS] : ports).map(({ first, last }) => ({
      ...this.#base,
      ...{ operations: bitsOf(NETWORK_OPERATIONS, [operation]), families: kept },
      ...{ portFirst: first, portLast: last },
    }));
  }
}

/** The same ports in as few ranges as there can be. */
function joined(ports: readonly PortRange[]): readonly PortRange[] {
  const result: PortRange[] = [];
  for (const range of [...ports].sort((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before === undefined || before.last + 1 < range.first) result.push(range);
    else result[result.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return result;
}

/** Without those that an earlier one with the same terms always comes before. */
function withoutRepeats(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    const key = JSON.stringify({ ...entry, line: 0, from: String(entry.from) });
    return !seen.has(key) && seen.add(key);
  });
}

function addPrefix(prefixes: Map<string, Prefix>, { words, bits }: Network, entries: readonly Entry[]): void {
  const isIpv4 = words.length === 1;
  const address = words.reduce((value, word) => (value << 32n) | BigInt(word), 0n);
  const free = BigInt(words.length * 32 - bits);
  const first = ((address >> free) << free) | (isIpv4 ? MAPPED : 0n);
  const last = first | ((1n << free) - 1n);
  const key = `${first}-${last}`;
  const known = prefixes.get(key);
  if (known === undefined) prefixes.set(key, { first, last, entries: [...entries] });
  else known.entries.push(...entries);
}

/** Networks lie within each other or apart: walking them in order, a stack has those an address is in. */
function layRanges(
  prefixes: readonly Prefix[],
  rows: NetworkRows,
  { networkRanges }: NetworkLimits,
): readonly KernelNetworkRange[] {
  const ranges: KernelNetworkRange[] = [];
  const stack: Prefix[] = [];
  const begin = (first: bigint): void => {
    if (ranges.at(-1)?.high === first >> 64n && ranges.at(-1)?.low === (first & WORD)) ranges.pop();
    const row = stack.length === 0 ? 0 : rows.add(stack.flatMap(({ entries }) => entries));
    if (ranges.at(-1)?.row !== row) ranges.push({ high: first >> 64n, low: first & WORD, row });
    const line = ranges.length > networkRanges ? rows.lineOf(stack) : undefined;
    if (line !== undefined) throw new NetworkTooLarge(line, 'networkRanges');
  };
  const close = (before: bigint | undefined): void => {
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (before !== undefined && top.last >= before) return;
      stack.pop();
      if (before === undefined ? top.last < (1n << 128n) - 1n : top.last + 1n < before) begin(top.last + 1n);
    }
  };
  begin(0n);
  const order = [...prefixes].sort((a, b) => compare(a.first, b.first) || compare(b.last, a.last));
  for (const prefix of order) {
    close(prefix.first);
    stack.push(prefix);
    begin(prefix.first);
  }
  close(undefined);
  return ranges;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Rows of rules, each a head and what follows; equal rows are one. Row 0 is the first that is added. */
class NetworkRows {
  readonly rules: KernelNetworkRule[] = [];
  readonly #known = new Map<string, number>();
  readonly #limits: NetworkLimits;
  readonly #lines: readonly EffectiveLine[];

  constructor(limits: NetworkLimits, lines: readonly EffectiveLine[]) {
    this.#limits = limits;
    this.#lines = lines;
  }

  add(entries: readonly Entry[]): number {
    const byKey = new Map(entries.map((entry) => [keyOf(entry), entry]));
    const row = [...byKey.values()].sort((a, b) => a.line - b.line || a.portFirst - b.portFirst);
    const key = row.map(keyOf).join('\n');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const at = this.rules.length;
    if (row.length > this.#limits.networkRowLines) this.#refuse('networkRowLines', row);
    if (at + row.length + 1 > this.#limits.networkRules) this.#refuse('networkRules', row);
    this.#known.set(key, at);
    this.rules.push(headOf(row), ...row);
    return at;
  }

  #refuse(limit: NetworkTooLarge['limit'], row: readonly Entry[]): void {
    const last = this.#lines.find(({ id }) => id === row.at(-1)?.line) ?? this.#lines.at(-1);
    if (last !== undefined) throw new NetworkTooLarge(last, limit);
  }

  lineOf(prefixes: readonly Prefix[]): EffectiveLine | undefined {
    const wanted = prefixes.at(-1)?.entries[0]?.line;
    return this.#lines.find(({ id }) => id === wanted) ?? this.#lines.at(-1);
  }
}

const keyOf = ({ line, operations, families, portFirst, portLast, name }: Entry): string =>
  `${line} ${operations} ${families} ${portFirst} ${portLast} ${name}`;

const headOf = (row: readonly Entry[]): KernelNetworkRule => ({
  ...{ from: 0n, line: row.length, denies: false, enforced: false, name: '' },
  operations: row.reduce((bits, { operations }) => bits | operations, 0),
  ...{ families: 0, protocols: 0, portFirst: 0, portLast: 0 },
});
