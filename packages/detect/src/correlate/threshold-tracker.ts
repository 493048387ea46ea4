import type { FieldCatalogue } from '@runward/events';
import { type OperandReader, operandReader, type Threshold } from '@runward/rules';
import type { EventClock } from './clock.js';
import { DistinctValues } from './distinct-values.js';
import { GroupKey, keyParts } from './group-key.js';
import { type Group, GroupTable, type MemoryBudget } from './group-table.js';
import { type Findings, SHOWN_VALUES } from './match.js';
import { TimeRing } from './time-ring.js';

interface ThresholdGroup extends Group {
  readonly window: TimeRing | DistinctValues;
  /** Until then events are tallied and nothing more: one detection per window is enough. */
  quietUntil: number;
  /** Events since the previous detection. */
  total: number;
}

const GROUP_BYTES = 320;

/** Counts for one threshold in all its groups. */
export class ThresholdTracker<View> {
  readonly table: GroupTable<ThresholdGroup>;
  readonly #key: GroupKey<View>;
  readonly #distinct: OperandReader<View> | undefined;

  constructor(
    readonly correlation: Threshold,
    catalogue: FieldCatalogue<View>,
    limit: number,
    budget: MemoryBudget,
  ) {
    const { grouping, withinNs, distinct } = correlation;
    this.table = new GroupTable(withinNs, limit, budget);
    this.#key = new GroupKey(grouping, catalogue);
    this.#distinct = distinct && operandReader(distinct, catalogue);
  }

  /** Counts an event; returns what was found when it reaches the threshold. */
  take(view: View, clock: EventClock): Findings<never> | undefined {
    const value = this.#distinct?.(view);
    if (this.#distinct !== undefined && value === undefined) return undefined;
    const key = this.#key.of(view);
    if (key === undefined) return undefined;
    const { now } = clock;
    const group = this.table.get(key, now) ?? this.#newGroup(key, view, now);
    group.total += 1;
    if (now < group.quietUntil) {
      this.table.touch(group, now);
      return undefined;
    }
    const { window } = group;
    if (window instanceof TimeRing) window.push(now);
    else if (value !== undefined) window.add(value, now);
    window.dropUntil(now - this.correlation.withinNs);
    const count = window instanceof TimeRing ? window.length : window.size;
    const found = count < this.correlation.atLeast ? undefined : this.#fire(group, count, clock);
    this.table.touch(group, now);
    this.table.resize(group, GROUP_BYTES + group.key.length * 2 + window.bytes);
    return found;
  }

  #newGroup(key: string, view: View, now: number): ThresholdGroup {
    return {
      ...{ key, touchedAt: now, container: this.#key.containerOf(view), bytes: GROUP_BYTES },
      window: this.#distinct === undefined ? new TimeRing() : new DistinctValues(),
      ...{ quietUntil: 0, total: 0 },
    };
  }

  #fire(group: ThresholdGroup, count: number, clock: EventClock): Findings<never> {
    const { window, total } = group;
    const startedAt = window.oldest;
    const values = window instanceof TimeRing ? [] : window.first(SHOWN_VALUES);
    group.quietUntil = clock.now + this.correlation.withinNs;
    group.total = 0;
    window.clear();
    const times = { firstNs: clock.toEpoch(startedAt), elapsedNs: clock.now - startedAt };
    return { key: keyParts(group.key), ...times, links: [], count, total, values };
  }
}
