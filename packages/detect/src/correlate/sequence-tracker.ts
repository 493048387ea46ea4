import type { FieldCatalogue, FieldValue } from '@runward/events';
import { type OperandReader, operandReader, type Sequence, type TriggerUse, wantedOf } from '@runward/rules';
import type { EventClock } from './clock.js';
import { GroupKey, keyParts, textOf } from './group-key.js';
import { type Group, GroupTable, type MemoryBudget } from './group-table.js';
import type { Findings, Link } from './match.js';

/** The first steps of a sequence, as they happened. */
interface Chain<Witness> {
  readonly startedAt: number;
  readonly links: readonly Link<Witness>[];
  readonly bytes: number;
}

interface SequenceGroup<Witness> extends Group {
  /**
   * At `n` the chain of the first n + 1 steps that began last. The one that began last is enough: whatever
   * completes an older one in time completes it too, and a `without` ends both.
   */
  readonly chains: (Chain<Witness> | undefined)[];
  /** The event that completed the sequence last: it begins no other. */
  firedBy: number;
}

const GROUP_BYTES = 256;
const LINK_BYTES = 400;

/** Follows one sequence through all its groups. */
export class SequenceTracker<View, Witness> {
  readonly table: GroupTable<SequenceGroup<Witness>>;
  readonly #key: GroupKey<View>;
  readonly #wanted: readonly (readonly OperandReader<View>[])[];
  /** By the operand's text. */
  readonly #same: ReadonlyMap<string, OperandReader<View>>;
  readonly #last: number;
  /** When a chain of the first n + 1 steps was made last, in any group: mostly there is none to continue. */
  readonly #madeAt: number[] = [];

  constructor(
    readonly correlation: Sequence,
    catalogue: FieldCatalogue<View>,
    readonly witness: (view: View) => Witness,
    limit: number,
    budget: MemoryBudget,
  ) {
    const { steps, grouping, withinNs } = correlation;
    this.table = new GroupTable(withinNs, limit, budget);
    this.#key = new GroupKey(grouping, catalogue);
    this.#last = steps.length - 1;
    this.#wanted = steps.map((_, i) => wantedOf(correlation, i).map((o) => operandReader(o, catalogue)));
    const fields = steps.flatMap(({ same, without }) => [same, ...without.map((trigger) => trigger.same)]);
    this.#same = new Map(
      fields.flatMap((field) =>
        field === undefined ? [] : [[field.key, operandReader(field, catalogue)] as const],
      ),
    );
  }

  /** Takes an event for a step or a `without`; returns what was found when it completes the sequence. */
  take(use: TriggerUse, view: View, serial: number, clock: EventClock): Findings<Witness> | undefined {
    // Most events of later steps come when nothing has begun.
    const begins = use.role === 'step' && use.step === 0;
    if (!begins && !(clock.now - (this.#madeAt[use.step - 1] ?? Number.NaN) <= this.correlation.withinNs))
      return undefined;
    const key = this.#keyOf(this.#key.of(view), use, view);
    if (key === undefined) return undefined;
    if (begins) {
      this.#begin(key, view, serial, clock);
      return undefined;
    }
    const found = this.#advance(key, use, view, serial, clock);
    let first = found;
    if (!this.correlation.grouping.tree) return found;
    for (const ancestor of this.#key.ofAncestors(view)) {
      const other = this.#keyOf(ancestor, use, view);
      const more = other === undefined ? undefined : this.#advance(other, use, view, serial, clock);
      first ??= more;
    }
    return first;
  }

  #keyOf(key: string | undefined, { trigger }: TriggerUse, view: View): string | undefined {
    if (trigger.same === undefined || key === undefined) return key;
    const value = this.#same.get(trigger.same.key)?.(view);
    return value === undefined ? undefined : `${key}\0${textOf(value)}`;
  }

  #begin(key: string, view: View, serial: number, { now }: EventClock): void {
    const known = this.table.get(key, now);
    if (known?.firedBy === serial) return;
    const group: SequenceGroup<Witness> = known ?? {
      ...{ key, touchedAt: now, container: this.#key.containerOf(view), bytes: GROUP_BYTES },
      ...{ chains: [], firedBy: -1 },
    };
    group.chains[0] = this.#extended(undefined, 0, view, now);
    this.#keep(group, now);
  }

  #advance(
    key: string,
    { role, step }: TriggerUse,
    view: View,
    serial: number,
    clock: EventClock,
  ): Findings<Witness> | undefined {
    const { now } = clock;
    const group = this.table.get(key, now);
    const chain = group?.chains[step - 1];
    if (group === undefined || chain === undefined) return undefined;
    if (role === 'without' || now - chain.startedAt > this.correlation.withinNs) {
      group.chains[step - 1] = undefined;
      this.#keep(group, now);
      return undefined;
    }
    if (step < this.#last) {
      const known = group.chains[step];
      if (known === undefined || known.startedAt < chain.startedAt) {
        group.chains[step] = this.#extended(chain, step, view, now);
        this.#keep(group, now);
      }
      return undefined;
    }
    group.chains.length = 0;
    group.firedBy = serial;
    this.#keep(group, now);
    const elapsedNs = now - chain.startedAt;
    const counts = { count: this.#last + 1, total: this.#last + 1, values: [] };
    return {
      key: keyParts(key),
      firstNs: clock.toEpoch(chain.startedAt),
      elapsedNs,
      links: chain.links,
      ...counts,
    };
  }

  #extended(chain: Chain<Witness> | undefined, step: number, view: View, now: number): Chain<Witness> {
    this.#madeAt[step] = now;
    const values = (this.#wanted[step] ?? []).map((read) => read(view));
    const link = { witness: this.witness(view), values };
    const bytes = LINK_BYTES + values.reduce((sum: number, value) => sum + sizeOf(value), 0);
    return {
      startedAt: chain?.startedAt ?? now,
      links: [...(chain?.links ?? []), link],
      bytes: (chain?.bytes ?? 0) + bytes,
    };
  }

  #keep(group: SequenceGroup<Witness>, now: number): void {
    this.table.touch(group, now);
    const bytes = group.chains.reduce(
      (sum, chain) => sum + (chain?.bytes ?? 0),
      GROUP_BYTES + group.key.length * 2,
    );
    this.table.resize(group, bytes);
  }
}

function sizeOf(value: FieldValue | undefined): number {
  if (typeof value === 'string') return 16 + value.length * 2;
  if (value instanceof Uint8Array) return 96 + value.length;
  if (typeof value === 'object') return value.reduce((sum: number, element) => sum + sizeOf(element), 32);
  return 16;
}
