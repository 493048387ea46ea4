import {
  closeFd,
  createInnerArray,
  fillArray,
  mapDelete,
  mapKeys,
  mapLookup,
  mapSet,
  openMapByNumber,
  readArray,
} from '@runward/native';
import type { KernelTables } from '@runward/policy';
import { encodeNetworkRanges, encodeNetworkRules, encodeRules } from '../encode/rows.js';
import { encodeSet, hexOf } from '../encode/set.js';
import { key32 } from '../encode/writer.js';
import { EnforceError } from '../error.js';
import type { MapName, Maps } from '../kernel/maps.js';
import {
  RwCell,
  RwLineCount,
  RwNetworkRange,
  RwNetworkRule,
  RwRule,
  RwSection,
  RwSectionRules,
  RwSet,
} from '../layout.generated.js';
import type { DigestNumbers } from './digests.js';
import type { NamePatterns } from './names.js';

/** Of rw_sets and the maps of maps beside it. */
export const MAX_SETS = 4096;
const ENOMEM = 12;

/** How often a line decided, and when it last did. */
export interface RawLineCount {
  readonly hits: number;
  /** CLOCK_BOOTTIME, nanoseconds. */
  readonly lastNs: bigint;
}

interface Part {
  readonly map: MapName;
  readonly valueSize: number;
  readonly entries: number;
  readonly values: Uint8Array<ArrayBuffer>;
}

/** The sets in the kernel: by number, and by the id of the effective policy. */
export class SetTable {
  readonly #maps: Maps;
  readonly #digests: DigestNumbers;
  readonly #names: NamePatterns;
  readonly #ids = new Map<number, string>();
  readonly #numbers = new Map<string, number>();
  /** No number is given twice: the set that had it may still be on its way out. */
  #last = 0;

  /** Knows what is in the kernel already. */
  constructor(maps: Maps, digests: DigestNumbers, names: NamePatterns) {
    this.#maps = maps;
    this.#names = names;
    this.#digests = digests;
    const value = new Uint8Array(RwSet.size);
    for (const key of mapKeys(maps.rw_sets, 4)) {
      if (!mapLookup(maps.rw_sets, key, value)) continue;
      this.#note(
        new DataView(key.buffer).getUint32(0, true),
        hexOf(value.subarray(RwSet.policy, RwSet.policy + 32)),
      );
    }
  }

  get ids(): ReadonlyMap<number, string> {
    return this.#ids;
  }

  /** Whether it can deny anything of the network. */
  judgesNetwork(set: number): boolean {
    const value = new Uint8Array(RwSet.size);
    if (!mapLookup(this.#maps.rw_sets, key32(set), value)) return false;
    const at = RwSet.sections + RwSection.RW_SECTION_NETWORK * RwSectionRules.size + RwSectionRules.deniable;
    return new DataView(value.buffer).getUint32(at, true) !== 0;
  }

  #note(set: number, id: string): void {
    this.#last = Math.max(this.#last, set);
    this.#ids.set(set, id);
    this.#numbers.set(id, set);
  }

  /** @throws EnforceError ENFORCE_NO_ROOM */
  load(tables: KernelTables): number {
    const known = this.#numbers.get(tables.id);
    if (known !== undefined) return known;
    if (this.#ids.size >= MAX_SETS) {
      throw new EnforceError('ENFORCE_NO_ROOM', `the kernel holds ${MAX_SETS} sets of policies already`, {
        help: 'containers that the same policies select share a set: use fewer combinations of policies',
      });
    }
    const set = this.#last + 1;
    const done: MapName[] = [];
    try {
      for (const part of this.#partsOf(tables)) {
        this.#insert(set, part);
        done.push(part.map);
      }
      // Last: whoever finds the set finds its parts.
      const result = mapSet(this.#maps.rw_sets, key32(set), encodeSet(set, tables));
      if (result !== 0) throw noMemory(tables, -result);
    } catch (error) {
      for (const map of done) mapDelete(this.#maps[map], key32(set));
      throw error;
    }
    this.#note(set, tables.id);
    return set;
  }

  #partsOf(tables: KernelTables): readonly Part[] {
    const { automaton, rules, lines, network } = tables;
    const cells = new Uint8Array(automaton.cells.byteLength);
    cells.set(new Uint8Array(automaton.cells.buffer, automaton.cells.byteOffset, automaton.cells.byteLength));
    const parts: Part[] = [
      part('rw_automata', RwCell.size, cells),
      part(
        'rw_rules',
        RwRule.size,
        encodeRules(rules, (sha256) => this.#digests.number(sha256)),
      ),
      { map: 'rw_lines', valueSize: RwLineCount.size, entries: lines.length + 1, values: new Uint8Array() },
    ];
    if (network.rules.length > 0)
      parts.push(
        part(
          'rw_network',
          RwNetworkRule.size,
          encodeNetworkRules(network.rules, (pattern) => this.#names.number(pattern)),
        ),
      );
    if (network.ranges.length > 0)
      parts.push(part('rw_ranges', RwNetworkRange.size, encodeNetworkRanges(network.ranges)));
    return parts;
  }

  #insert(set: number, { map, valueSize, entries, values }: Part): void {
    const inner = createInnerArray(map, valueSize, entries);
    if (inner < 0) throw noMemoryFor(map, entries * valueSize, -inner);
    try {
      const result = fillArray(inner, valueSize, values) || mapSet(this.#maps[map], key32(set), key32(inner));
      if (result !== 0) throw noMemoryFor(map, entries * valueSize, -result);
    } finally {
      closeFd(inner);
    }
  }

  /** Forgets the set; {@link remove} is what takes it out of the kernel. */
  retire(set: number): void {
    const id = this.#ids.get(set);
    if (id !== undefined && this.#numbers.get(id) === set) this.#numbers.delete(id);
    this.#ids.delete(set);
  }

  /** To be called when no program can be looking at it any more. */
  remove(set: number): void {
    for (const map of ['rw_sets', 'rw_automata', 'rw_rules', 'rw_network', 'rw_ranges', 'rw_lines'] as const)
      mapDelete(this.#maps[map], key32(set));
  }

  /** By line; those that never decided are left out. */
  counts(set: number): ReadonlyMap<number, RawLineCount> {
    const found = new Map<number, RawLineCount>();
    const value = new Uint8Array(RwSet.size);
    const number = new Uint8Array(4);
    if (!mapLookup(this.#maps.rw_sets, key32(set), value)) return found;
    if (!mapLookup(this.#maps.rw_lines, key32(set), number)) return found;
    const lines = new DataView(value.buffer).getUint32(RwSet.line_count, true);
    const inner = openMapByNumber(new DataView(number.buffer).getUint32(0, true));
    if (inner < 0) return found;
    const values = readArray(inner, RwLineCount.size, lines + 1);
    closeFd(inner);
    for (let line = 1; values !== undefined && line <= lines; line += 1) {
      const at = line * RwLineCount.size;
      const hits = Number(values.getBigUint64(at + RwLineCount.hits, true));
      if (hits > 0) found.set(line, { hits, lastNs: values.getBigUint64(at + RwLineCount.last_ns, true) });
    }
    return found;
  }
}

const part = (map: MapName, valueSize: number, values: Uint8Array<ArrayBuffer>): Part => ({
  map,
  valueSize,
  entries: Math.max(1, values.length / valueSize),
  values,
});

const noMemory = (tables: KernelTables, errno: number): EnforceError =>
  new EnforceError(
    'ENFORCE_NO_ROOM',
    `the kernel has no room for a set of ${tables.lines.length} lines (errno ${errno})`,
  );

const noMemoryFor = (map: string, bytes: number, errno: number): EnforceError =>
  new EnforceError(
    'ENFORCE_NO_ROOM',
    `the kernel gave no ${Math.ceil(bytes / 1024)} KiB for \`${map}\` (${errno === ENOMEM ? 'out of memory' : `errno ${errno}`})`,
    { help: 'use fewer or smaller policies, or raise the memory limit of the agent' },
  );
