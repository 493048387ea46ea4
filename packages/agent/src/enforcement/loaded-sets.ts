import type { EffectiveLine, EffectivePolicy, KernelTables } from '@runward/policy';
import type { SetKnowledge } from './findings.js';
import type { Kernel } from './kernel-door.js';

/** Counters of lines whose sets are gone, at most; the oldest make room. */
const MAX_EARLIER = 20_000;

/** How often one line of a policy decided, in all sets it is part of. */
export interface LineHits {
  readonly line: EffectiveLine;
  hits: number;
  /** Wall clock, milliseconds; 0: never. */
  lastMs: number;
}

interface LoadedSet extends SetKnowledge {
  /** In the kernel; undefined of a set that an earlier agent loaded. */
  readonly bytes: number | undefined;
}

/** What the kernel holds, with what it stands for. */
export class LoadedSets {
  readonly #kernel: Kernel;
  readonly #known = new Map<number, LoadedSet>();
  readonly #byId: Map<string, number>;
  readonly #earlier: Map<string, LineHits>;

  /** `earlier`: counters of lines, kept over what happens to their sets. */
  constructor(kernel: Kernel, earlier: Map<string, LineHits>) {
    this.#kernel = kernel;
    this.#earlier = earlier;
    this.#byId = new Map([...kernel.sets()].map(([set, id]) => [id, set]));
  }

  /** The set of an effective policy that is in the kernel already. */
  find(effective: EffectivePolicy): number | undefined {
    const set = this.#byId.get(effective.id);
    if (set !== undefined && !this.#known.has(set)) this.#note(set, effective, undefined);
    return set;
  }

  /** @throws EnforceError ENFORCE_NO_ROOM */
  load(effective: EffectivePolicy, tables: KernelTables): number {
    const set = this.#kernel.load(tables);
    this.#byId.set(effective.id, set);
    this.#note(set, effective, bytesOf(tables));
    return set;
  }

  #note(set: number, { policies, lines }: EffectivePolicy, bytes: number | undefined): void {
    this.#known.set(set, { policies: policies.map(({ name }) => name), lines, bytes });
  }

  readonly knowledgeOf = (set: number): SetKnowledge | undefined => this.#known.get(set);

  /** Takes sets from the kernel that nothing is bound to. */
  unloadUnused(): void {
    const used = new Set(this.#kernel.bindings().values());
    for (const [set, id] of this.#kernel.sets()) {
      if (used.has(set)) continue;
      for (const [key, hits] of this.#hitsOf(set)) this.#keep(key, hits);
      this.#kernel.unload(set);
      this.#byId.delete(id);
      this.#known.delete(set);
    }
  }

  #keep(key: string, hits: LineHits): void {
    const sum = added(this.#earlier.get(key), hits);
    this.#earlier.delete(key);
    this.#earlier.set(key, sum);
    const [oldest] = this.#earlier.keys();
    if (this.#earlier.size > MAX_EARLIER && oldest !== undefined) this.#earlier.delete(oldest);
  }

  #hitsOf(set: number): Map<string, LineHits> {
    const rows = new Map<string, LineHits>();
    const lines = this.#known.get(set)?.lines;
    if (lines === undefined) return rows;
    for (const [number, { hits, lastMs }] of this.#kernel.counts(set)) {
      const line = lines[number - 1];
      if (line !== undefined) rows.set(keyOf(line), { line, hits, lastMs });
    }
    return rows;
  }

  /** Of every line that is in force or decided something before. */
  hits(): readonly LineHits[] {
    const rows = new Map(this.#earlier);
    for (const set of this.#known.keys())
      for (const [key, hits] of this.#hitsOf(set)) rows.set(key, added(rows.get(key), hits));
    return [...rows.values()];
  }

  /** Each set with how many groups are bound to it. */
  report(): readonly SetReport[] {
    const groups = new Map<number, number>();
    for (const set of this.#kernel.bindings().values()) groups.set(set, (groups.get(set) ?? 0) + 1);
    return [...this.#kernel.sets()].map(([set, id]) => {
      const known = this.#known.get(set);
      const { policies = [], lines, bytes } = known ?? {};
      return { set, id, policies, lines: lines?.length, bytes, groups: groups.get(set) ?? 0 };
    });
  }
}

export interface SetReport {
  readonly set: number;
  /** Of the effective policy. */
  readonly id: string;
  /** Empty of a set that was made of policies that are not in force any more. */
  readonly policies: readonly string[];
  readonly lines: number | undefined;
  /** In the kernel; undefined of a set that an earlier agent loaded. */
  readonly bytes: number | undefined;
  /** Groups bound to it. */
  readonly groups: number;
}

const keyOf = ({ policy, section, verdict, terms, span }: EffectiveLine): string =>
  [policy, section, verdict, terms.kind, span.file, span.line, span.column].join('\0');

const added = (before: LineHits | undefined, { line, hits, lastMs }: LineHits): LineHits => ({
  line,
  hits: hits + (before?.hits ?? 0),
  lastMs: Math.max(lastMs, before?.lastMs ?? 0),
});

/** As bpf/include/policy.h lays them out: cells of 8 bytes, rules of 40, counters of 16, and the set itself. */
const bytesOf = ({ automaton, rules, lines }: KernelTables): number =>
  automaton.cells.byteLength + rules.length * 40 + (lines.length + 1) * 16 + 2584;
