import { type EventView, eventTypeById, fieldCatalogue } from '@runward/events';
import {
  type CompiledRule,
  type CompiledRules,
  compileRules,
  type Matcher,
  type RuleSet,
} from '@runward/rules';
import { CANARY_TYPE, type CanaryRule } from './canary.js';
import { type CorrelationStats, Correlator } from './correlate/correlator.js';
import type { CorrelationMatch } from './correlate/match.js';
import { type Detection, describeCorrelation, describeDetection } from './detection.js';
import { type StepSummary, summarizeStep } from './step-summary.js';

export interface DetectorOptions {
  /** Events of the host are judged too; otherwise only those of containers. */
  readonly host: boolean;
  /** Report every rule that matches, in file order; otherwise the first one only. */
  readonly allMatches: boolean;
  /** Judged among the rules, of programs the agent starts. */
  readonly canary?: CanaryRule | undefined;
}

/** What `container.id` shows of an id. */
const SHORT_ID = 12;

const CORRELATION = {
  catalogue: fieldCatalogue,
  timeNs: (view: EventView): bigint => view.timeNs,
  witness: summarizeStep,
};

/**
 * A rule set at work. Nothing is allocated for an event that matches nothing; an instance serves one thread
 * and one stream of events.
 */
export class Detector {
  /** By event type id; a hole where no enabled rule can match. */
  readonly #matchers: readonly (Matcher<EventView> | undefined)[];
  readonly #compiled: CompiledRules<EventView>;
  readonly #correlator: Correlator<EventView, StepSummary>;
  readonly #host: boolean;
  readonly #allMatches: boolean;
  readonly #canary: CanaryRule | undefined;
  #decided = false;
  #view: EventView | undefined;
  #emit: (detection: Detection) => void = () => undefined;

  /** What `previous` remembers of sequences and thresholds that are the same in both is kept. */
  constructor(rules: RuleSet, { host, allMatches, canary }: DetectorOptions, previous?: Detector) {
    const correlator = new Correlator<EventView, StepSummary>(
      rules,
      CORRELATION,
      previous === undefined ? undefined : previous.#correlator,
    );
    // Together, so that what rules, sequences and thresholds ask of an event is worked out once for all of them.
    // All conditions of the latter count, so all matches are asked for, and of rules the first is picked here.
    const triggers = correlator.rules;
    const compiled = compileRules<EventView>(
      { rules: [...(canary === undefined ? [] : [canary.rule]), ...rules.rules, ...triggers] },
      { catalogue: fieldCatalogue, allMatches: allMatches || triggers.length > 0 },
    );
    const matchers: (Matcher<EventView> | undefined)[] = [];
    for (const [id, type] of eventTypeById) matchers[id] = compiled.matcher(type.name);
    this.#matchers = matchers;
    this.#compiled = compiled;
    this.#allMatches = allMatches;
    this.#canary = canary;
    this.#correlator = correlator;
    this.#host = host;
  }

  /** Compiles what judges an event type now; otherwise the first such event has to wait for that. */
  prepare(eventType: string): void {
    this.#compiled.prepare(eventType);
  }

  /** Judges one event: calls `emit` once per detection before it returns. What `emit` throws passes through. */
  judge(view: EventView, emit: (detection: Detection) => void): void {
    const matcher = this.#matchers[view.typeId];
    if (matcher === undefined) return;
    if (view.typeId === CANARY_TYPE && this.#canary?.take(view, matcher)) return;
    // Process life is sent for the host too, for ancestry; rules see it only when the host is opted in.
    if (!this.#host && view.container === undefined) return;
    this.#view = view;
    this.#emit = emit;
    this.#decided = false;
    this.#correlator.begin(view, this.#onFound);
    matcher(view, this.#onMatch);
  }

  /** What sequences and thresholds remember of a container that is gone is dropped. `id` in full. */
  endContainer(id: string): void {
    this.#correlator.endContainer(id.slice(0, SHORT_ID));
  }

  /** What sequences and thresholds remember now, and had to give up. */
  get correlations(): CorrelationStats {
    return this.#correlator.stats;
  }

  readonly #onMatch = (match: CompiledRule<EventView>): void => {
    if (this.#view === undefined || this.#correlator.take(match.rule)) return;
    if (this.#decided && !this.#allMatches) return;
    this.#decided = true;
    this.#emit(describeDetection(match, this.#view));
  };

  readonly #onFound = (match: CorrelationMatch<StepSummary>): void => {
    if (this.#view !== undefined) this.#emit(describeCorrelation(match, this.#view));
  };
}
