/** One event as the oracle sees it: which conditions hold, which group it is in. */
export interface NaiveEvent {
  readonly timeNs: number;
  readonly group: string;
  /** Names of the conditions that hold. */
  readonly holds: ReadonlySet<string>;
  readonly value?: string;
}

export interface NaiveStep {
  readonly name: string;
  /** What must not happen between the step before and this one. */
  readonly without?: string;
}

/** Event times that never go backwards; the clock goes by events of which a condition holds. */
function clamped(
  events: readonly NaiveEvent[],
  names: readonly (string | undefined)[],
): readonly NaiveEvent[] {
  let newest = Number.NEGATIVE_INFINITY;
  return events.map((event) => {
    if (names.some((name) => name !== undefined && event.holds.has(name)))
      newest = Math.max(newest, event.timeNs);
    return { ...event, timeNs: newest };
  });
}

/**
 * Indexes of the events that complete a sequence, by the definition: there are events of the group after the
 * last completion, one per step and in order, the first no longer ago than the window, none with a forbidden
 * one in between. Keeps every event and tries every choice.
 */
export function naiveSequence(
  all: readonly NaiveEvent[],
  steps: readonly NaiveStep[],
  withinNs: number,
): readonly number[] {
  const events = clamped(
    all,
    steps.flatMap(({ name, without }) => [name, without]),
  );
  const after = new Map<string, number>();
  const fired: number[] = [];
  for (const [end, last] of events.entries()) {
    const from = after.get(last.group) ?? -1;
    const own = events
      .map((e, i) => ({ ...e, i }))
      .filter((e) => e.i > from && e.i <= end && e.group === last.group);
    const isClear = (a: number, b: number, name: string | undefined): boolean =>
      name === undefined || !own.some((e) => e.i > a && e.i < b && e.holds.has(name));
    const reach = (step: number, previous: number): boolean => {
      const { name = '', without } = steps[step] ?? {};
      if (step === steps.length - 1)
        return last.holds.has(name) && end > previous && isClear(previous, end, without);
      return own.some(
        (e) =>
          e.i > previous &&
          e.holds.has(name) &&
          (step > 0 || last.timeNs - e.timeNs <= withinNs) &&
          isClear(previous, e.i, without) &&
          reach(step + 1, e.i),
      );
    };
    if (!reach(0, from)) continue;
    fired.push(end);
    after.set(last.group, end);
  }
  return fired;
}

/** Indexes and counts of the events that reach a threshold: enough of them, or of their values, in the window. */
export function naiveThreshold(
  all: readonly NaiveEvent[],
  atLeast: number,
  withinNs: number,
  distinct: boolean,
): readonly { readonly index: number; readonly count: number }[] {
  const events = clamped(all, ['a']);
  const quiet = new Map<string, { readonly until: number; readonly from: number }>();
  const fired: { readonly index: number; readonly count: number }[] = [];
  for (const [index, event] of events.entries()) {
    if (!event.holds.has('a') || (distinct && event.value === undefined)) continue;
    const { until, from } = quiet.get(event.group) ?? { until: Number.NEGATIVE_INFINITY, from: -1 };
    if (event.timeNs < until) continue;
    const window = events.filter(
      (e, i) =>
        i <= index &&
        i > from &&
        e.timeNs >= until &&
        e.timeNs > event.timeNs - withinNs &&
        e.group === event.group &&
        e.holds.has('a') &&
        (!distinct || e.value !== undefined),
    );
    const count = distinct ? new Set(window.map((e) => e.value)).size : window.length;
    if (count < atLeast) continue;
    fired.push({ index, count });
    quiet.set(event.group, { until: event.timeNs + withinNs, from: index });
  }
  return fired;
}
