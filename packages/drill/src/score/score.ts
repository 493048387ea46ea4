import type { DrillRun, Outcome, RuleHit, ScenarioResult } from '../run/result.js';
import { mean, percentile } from './statistics.js';

export interface Times {
  readonly count: number;
  readonly mean: number | undefined;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

export interface Coverage {
  readonly name: string;
  readonly detected: number;
  /** Detected and missed: what can be said something of. */
  readonly judged: number;
}

/** What a run comes to. */
export interface Score {
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly detected: number;
  readonly judged: number;
  /** Of kernel event to arrival, milliseconds; its mean is the MTTD. */
  readonly detect: Times;
  /** Of kernel event to effect; undefined when nothing responded. Its mean is the MTTR. */
  readonly respond: Times | undefined;
  readonly byTheme: readonly Coverage[];
  readonly byTactic: readonly Coverage[];
  /** Detections of look-alikes and of the benign load. */
  readonly falsePositives: number;
  /** Rules that detected something they were to. */
  readonly rulesThatFired: readonly string[];
  /** Rules in force of which nothing was heard; undefined when the rules are not known. */
  readonly rulesThatDidNot: readonly string[] | undefined;
}

export function scoreRun({ results, load, rules }: DrillRun): Score {
  const count = (outcome: Outcome): number => results.filter((each) => each.outcome === outcome).length;
  const outcomes = {
    ...{ detected: count('detected'), missed: count('missed'), quiet: count('quiet'), fired: count('fired') },
    ...{ failed: count('failed'), skipped: count('skipped'), interrupted: count('interrupted') },
  };
  const fired = new Set(results.flatMap(({ hits }) => hits.map(({ rule }) => rule)));
  const responded = results.flatMap(({ respondMs }) => respondMs ?? []);
  return {
    outcomes,
    detected: outcomes.detected,
    judged: outcomes.detected + outcomes.missed,
    detect: times(results.flatMap(({ detectMs }) => detectMs ?? [])),
    respond: responded.length === 0 ? undefined : times(responded),
    byTheme: coverage(results, ({ theme }) => theme),
    byTactic: coverage(results, ({ tactic }) => tactic),
    falsePositives:
      results.filter(({ benign }) => benign).reduce((sum, { hits }) => sum + reports(hits), 0) +
      (load?.falsePositives ?? 0),
    rulesThatFired: [...fired].sort(),
    rulesThatDidNot: rules?.filter((rule) => !fired.has(rule)).toSorted(),
  };
}

const reports = (hits: readonly RuleHit[]): number => hits.reduce((sum, { count }) => sum + count, 0);

const times = (values: readonly number[]): Times => ({
  count: values.length,
  mean: mean(values),
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
});

function coverage(
  results: readonly ScenarioResult[],
  nameOf: (result: ScenarioResult) => string,
): readonly Coverage[] {
  const rows = new Map<string, { detected: number; judged: number }>();
  for (const result of results) {
    if (result.outcome !== 'detected' && result.outcome !== 'missed') continue;
    const row = rows.get(nameOf(result)) ?? { detected: 0, judged: 0 };
    row.judged += 1;
    if (result.outcome === 'detected') row.detected += 1;
    rows.set(nameOf(result), row);
  }
  return [...rows].map(([name, row]) => ({ name, ...row })).sort((a, b) => (a.name < b.name ? -1 : 1));
}
