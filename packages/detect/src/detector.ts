import { type EventView, eventTypeById, fieldCatalogue } from '@runward/events';
import { type CompiledRule, compileRules, type Matcher, type RuleSet } from '@runward/rules';
import { type Detection, describeDetection } from './detection.js';

export interface DetectorOptions {
  /** Events of the host are judged too; otherwise only those of containers. */
  readonly host: boolean;
  /** Report every rule that matches, in file order; otherwise the first one only. */
  readonly allMatches: boolean;
}

/**
 * A rule set at work. Nothing is allocated for an event that matches nothing; an instance serves one thread
 * and one stream of events.
 */
export class Detector {
  /** By event type id; a hole where no enabled rule can match. */
  readonly #matchers: readonly (Matcher<EventView> | undefined)[];
  readonly #host: boolean;
  #view: EventView | undefined;
  #emit: (detection: Detection) => void = () => undefined;

  constructor(rules: RuleSet, { host, allMatches }: DetectorOptions) {
    const compiled = compileRules<EventView>(rules, { catalogue: fieldCatalogue, allMatches });
    const matchers: (Matcher<EventView> | undefined)[] = [];
    for (const [id, type] of eventTypeById) matchers[id] = compiled.matcher(type.name);
    this.#matchers = matchers;
    this.#host = host;
  }

  /** Judges one event: calls `emit` once per detection before it returns. What `emit` throws passes through. */
  judge(view: EventView, emit: (detection: Detection) => void): void {
    const matcher = this.#matchers[view.typeId];
    if (matcher === undefined) return;
    // Process life is sent for the host too, for ancestry; rules see it only when the host is opted in.
    if (!this.#host && view.container === undefined) return;
    this.#view = view;
    this.#emit = emit;
    matcher(view, this.#onRule);
  }

  readonly #onRule = (rule: CompiledRule<EventView>): void => {
    if (this.#view !== undefined) this.#emit(describeDetection(rule, this.#view));
  };
}
