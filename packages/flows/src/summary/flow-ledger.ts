import { COUNTERS, type FlowCounters, isNothing, noCounters } from '../counters.js';
import { nodeOf } from '../endpoint.js';
import type { Flow } from '../flow.js';
import type { PolicyCounts } from '../verdict-book.js';
import type { FlowSummary, NamedFlow } from './flow-summary.js';
import { SummarySum } from './summary-sum.js';

interface Known {
  readonly firstSeenMs: number;
  readonly counters: Readonly<FlowCounters>;
}

/** Of one container in one span; what is beyond is summed up together. */
const MOST_OF_A_CONTAINER = 256;
const NO_POLICY: PolicyCounts = { allowed: 0, denied: 0, wouldDeny: 0, lastDeniedMs: 0 };

/**
 * Turns what flows counted since they were first seen into what happened from one look to the next, by container, other end
 * and port. It is as bounded as the flows it is shown; the answer is bounded for each container.
 */
export class FlowLedger {
  readonly #most: number;
  #known = new Map<string, Known>();
  #judged = new Map<string, Readonly<PolicyCounts>>();

  constructor(most = MOST_OF_A_CONTAINER) {
    this.#most = most;
  }

  /** All flows there are now; those of containers alone are summed up. */
  take(flows: Iterable<NamedFlow>): readonly FlowSummary[] {
    const known = new Map<string, Known>();
    const verdicts = new Map<string, Readonly<PolicyCounts>>();
    const sums = new Map<string, Map<string, SummarySum>>();
    for (const { key, policyKey, flow } of flows) {
      const { counters, policy, firstSeenMs } = flow;
      const before = this.#known.get(key);
      known.set(key, { firstSeenMs, counters });
      // What was said of several flows is told with the first of them.
      const isTold = policy === undefined || verdicts.has(policyKey);
      if (policy !== undefined) verdicts.set(policyKey, { ...policy }); // it is counted on
      const { container } = flow.self;
      if (container === undefined) continue;
      // A flow that was forgotten and began anew counts from zero.
      const since = before?.firstSeenMs === firstSeenMs ? before : undefined;
      const grown = moreThan(counters, since?.counters);
      const judged = isTold ? undefined : policyMoreThan(policy, this.#judged.get(policyKey));
      if (isNothing(grown) && !isSomething(judged)) continue;
      const own = sums.get(container.id) ?? new Map<string, SummarySum>();
      sums.set(container.id, own);
      const name = nameOf(flow);
      const sum = own.get(name) ?? new SummarySum(flow);
      own.set(name, sum);
      sum.add(flow, grown, judged);
    }
    this.#known = known;
    this.#judged = verdicts;
    return [...sums.values()].flatMap((own) => this.#bounded([...own.values()]));
  }

  /** What was denied stays apart first, then what was used most. */
  #bounded(own: readonly SummarySum[]): readonly FlowSummary[] {
    if (own.length <= this.#most) return own.map((sum) => sum.summary);
    const sorted = own.toSorted((a, b) => b.denied - a.denied || b.weight - a.weight);
    const kept = sorted.slice(0, this.#most - 2);
    const rest = sorted.slice(this.#most - 2);
    const others = (['client', 'server'] as const).flatMap((role) => {
      const [first, ...more] = rest.filter((sum) => sum.role === role);
      return first === undefined ? [] : [first.others(more)];
    });
    return [...kept.map((sum) => sum.summary), ...others];
  }
}

function nameOf({ role, protocol, port, self, peer }: Flow): string {
  const end = `${nodeOf(peer).id} ${peer.container?.name ?? ''}`;
  return `${role} ${protocol} ${port} ${peer.port ?? ''} ${self.container?.id} ${end}`;
}

function moreThan(now: Readonly<FlowCounters>, before: Readonly<FlowCounters> | undefined): FlowCounters {
  const grown = noCounters();
  for (const name of COUNTERS) grown[name] = Math.max(0, now[name] - (before?.[name] ?? 0));
  return grown;
}

/** Verdicts are forgotten after a while without any: then they count from zero again. */
function policyMoreThan(
  now: Readonly<PolicyCounts>,
  before: Readonly<PolicyCounts> = NO_POLICY,
): PolicyCounts {
  const isAnew = (['allowed', 'denied', 'wouldDeny'] as const).some((name) => now[name] < before[name]);
  const since = isAnew ? NO_POLICY : before;
  return {
    allowed: now.allowed - since.allowed,
    denied: now.denied - since.denied,
    wouldDeny: now.wouldDeny - since.wouldDeny,
    lastDeniedMs: now.lastDeniedMs,
  };
}

const isSomething = (policy: PolicyCounts | undefined): boolean =>
  policy !== undefined && policy.allowed + policy.denied + policy.wouldDeny > 0;
