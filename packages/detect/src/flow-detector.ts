import { type FlowView, flowCatalogue } from '@runward/events';
import { type CompiledRule, compileRules, type Matcher, type Rule } from '@runward/rules';
import { type Detection, describeFlow } from './detection.js';

/** Flows of which some rule holds; the one judged longest ago is forgotten first, and told again if it still holds. */
const MOST_FLOWS = 65_536;
/** The event type under which rules about flows are compiled. */
const FLOW = 'flow';

interface Standing {
  readonly firstSeenMs: number;
  readonly holding: ReadonlySet<string>;
}

/**
 * Rules with `source: flow` at work. A flow is judged whenever it is read and has changed, with all it ever counted: a
 * rule is told when it comes to hold, and again only after it ceased to. Every rule counts, not only the first: flows last.
 */
export class FlowDetector {
  readonly #match: Matcher<FlowView> | undefined;
  readonly #standing = new Map<string, Standing>();
  readonly #most: number;

  constructor(rules: readonly Rule[], most = MOST_FLOWS) {
    this.#match = compileRules<FlowView>({ rules }, { catalogue: flowCatalogue, allMatches: true }).matcher(
      FLOW,
    );
    this.#most = most;
  }

  /** No rule is about flows, or none is enabled. */
  get isIdle(): boolean {
    return this.#match === undefined;
  }

  /** `key` names the flow as long as it is the same one. Calls `emit` before it returns. */
  judge(view: FlowView, key: string, emit: (detection: Detection) => void): void {
    if (this.#match === undefined) return;
    const matches: CompiledRule<FlowView>[] = [];
    this.#match(view, (match) => matches.push(match));
    const { firstSeenMs } = view.flow;
    const known = this.#standing.get(key);
    const before = known?.firstSeenMs === firstSeenMs ? known.holding : undefined;
    this.#standing.delete(key);
    if (matches.length > 0) {
      this.#standing.set(key, { firstSeenMs, holding: new Set(matches.map(({ rule }) => rule.name)) });
      const [oldest] = this.#standing.keys();
      if (this.#standing.size > this.#most && oldest !== undefined) this.#standing.delete(oldest);
    }
    for (const match of matches) if (before?.has(match.rule.name) !== true) emit(describeFlow(match, view));
  }
}
