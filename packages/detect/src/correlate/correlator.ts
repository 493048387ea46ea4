import type { FieldCatalogue } from '@runward/events';
import {
  type CompiledRule,
  type CompiledRules,
  compileRules,
  type Rule,
  type RuleSet,
  type TriggerUse,
  triggerRule,
  triggersOf,
} from '@runward/rules';
import { EventClock } from './clock.js';
import { MemoryBudget } from './group-table.js';
import type { CorrelationMatch } from './match.js';
import { CorrelationOutput } from './output.js';
import { SequenceTracker } from './sequence-tracker.js';
import { ThresholdTracker } from './threshold-tracker.js';

/** Groups that one sequence or threshold remembers at most. */
export const MAX_GROUPS = 4096;
/** Estimated bytes that all of them together remember at most. */
export const MAX_BYTES = 32 * 1024 * 1024;

export interface CorrelatorOptions<View, Witness> {
  readonly catalogue: FieldCatalogue<View>;
  /** Nanoseconds since the Unix epoch. */
  readonly timeNs: (view: View) => bigint;
  /** What is kept of the event of a step until the sequence is complete; outlives the view. */
  readonly witness: (view: View) => Witness;
  readonly maxGroups?: number;
  readonly maxBytes?: number;
}

/** What is remembered now, and what had to be given up. */
export interface CorrelationStats {
  readonly groups: number;
  /** Estimated. */
  readonly bytes: number;
  /** Groups evicted although they could still have mattered. */
  readonly evicted: number;
}

type Tracker<View, Witness> = SequenceTracker<View, Witness> | ThresholdTracker<View>;

interface Entry<View, Witness> {
  readonly use: TriggerUse;
  readonly tracker: Tracker<View, Witness>;
  readonly output: CorrelationOutput<View, Witness>;
}

/**
 * Sequences and thresholds at work, by event time alone: the same events in the same order give the same
 * matches. Nothing is allocated for an event that none of their conditions holds for.
 */
export class Correlator<View, Witness> {
  readonly #catalogue: FieldCatalogue<View>;
  #compiled: CompiledRules<View> | undefined;
  readonly #entries: ReadonlyMap<Rule, Entry<View, Witness>>;
  readonly #trackers: readonly Tracker<View, Witness>[];
  readonly #clock: EventClock;
  readonly #timeNs: (view: View) => bigint;
  #serial = 0;
  #timed = false;
  #view: View | undefined;
  #emit: (match: CorrelationMatch<Witness>) => void = () => undefined;

  /** Takes over what `previous` remembers of those that are the same in both. */
  constructor(
    ruleSet: RuleSet,
    options: CorrelatorOptions<View, Witness>,
    previous?: Correlator<View, Witness>,
  ) {
    const { catalogue, maxGroups = MAX_GROUPS, maxBytes = MAX_BYTES } = options;
    const budget = previous?.budget ?? new MemoryBudget(maxBytes);
    const uses = triggersOf(ruleSet);
    const trackers = new Map<TriggerUse['correlation'], Tracker<View, Witness>>();
    for (const { correlation } of uses) {
      if (trackers.has(correlation)) continue;
      const kept = previous?.trackerLike(correlation);
      trackers.set(
        correlation,
        kept ??
          (correlation.kind === 'sequence'
            ? new SequenceTracker<View, Witness>(correlation, catalogue, options.witness, maxGroups, budget)
            : new ThresholdTracker<View>(correlation, catalogue, maxGroups, budget)),
      );
    }
    this.budget = budget;
    this.#trackers = [...trackers.values()];
    for (const old of previous?.trackers ?? []) if (!this.#trackers.includes(old)) budget.leave(old.table);
    this.#clock = previous?.clock ?? new EventClock();
    this.#timeNs = options.timeNs;
    const outputs = new Map(
      [...trackers.keys()].map((c) => [c, new CorrelationOutput<View, Witness>(c, catalogue)] as const),
    );
    this.#entries = new Map(
      uses.flatMap((use) => {
        const [tracker, output] = [trackers.get(use.correlation), outputs.get(use.correlation)];
        return tracker && output ? [[triggerRule(use), { use, tracker, output }] as const] : [];
      }),
    );
    this.#catalogue = catalogue;
  }

  readonly budget: MemoryBudget;

  get trackers(): readonly Tracker<View, Witness>[] {
    return this.#trackers;
  }

  get clock(): EventClock {
    return this.#clock;
  }

  trackerLike(correlation: TriggerUse['correlation']): Tracker<View, Witness> | undefined {
    return this.#trackers.find(
      ({ correlation: own }) => own.name === correlation.name && own.fingerprint === correlation.fingerprint,
    );
  }

  /** The conditions as rules, for whoever compiles them together with others; see {@link begin}. */
  get rules(): readonly Rule[] {
    return [...this.#entries.keys()];
  }

  /** A new event: `emit` is called for what its conditions complete. */
  begin(view: View, emit: (match: CorrelationMatch<Witness>) => void): void {
    this.#serial += 1;
    this.#timed = false;
    this.#view = view;
    this.#emit = emit;
  }

  /** One of {@link rules} holds for the event; false when the rule is another's. To be told in their order. */
  take(rule: Rule): boolean {
    const entry = this.#entries.get(rule);
    const view = this.#view;
    if (entry === undefined || view === undefined) return false;
    if (!this.#timed) {
      this.#timed = true;
      if (!this.#clock.advance(this.#timeNs(view))) for (const { table } of this.#trackers) table.clear();
    }
    const { use, tracker, output } = entry;
    const found =
      tracker instanceof SequenceTracker
        ? tracker.take(use, view, this.#serial, this.#clock)
        : tracker.take(view, this.#clock);
    if (found !== undefined)
      this.#emit({ correlation: use.correlation, ...output.write(view, found), found });
    return true;
  }

  /** Judges one event by itself, without rules: calls `emit` per sequence it completes and threshold it reaches. */
  judge(view: View, eventTypeName: string, emit: (match: CorrelationMatch<Witness>) => void): void {
    this.#compiled ??= compileRules<View>(
      { rules: this.rules },
      { catalogue: this.#catalogue, allMatches: true },
    );
    const matcher = this.#compiled.matcher(eventTypeName);
    if (matcher === undefined) return;
    this.begin(view, emit);
    matcher(view, this.#onTrigger);
  }

  readonly #onTrigger = ({ rule }: CompiledRule<View>): void => void this.take(rule);

  /** What was remembered of a container that is gone. `id` as `container.id` shows it. */
  endContainer(id: string): void {
    for (const { table } of this.#trackers) table.endContainer(id);
  }

  get stats(): CorrelationStats {
    const sum = (of: (tracker: Tracker<View, Witness>) => number): number =>
      this.#trackers.reduce((total, tracker) => total + of(tracker), 0);
    return {
      groups: sum(({ table }) => table.size),
      bytes: this.budget.bytes,
      evicted: sum(({ table }) => table.evicted),
    };
  }
}
