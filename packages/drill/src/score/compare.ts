import type { DrillRun, Outcome } from '../run/result.js';
import { type Score, scoreRun } from './score.js';

export interface Change {
  readonly id: string;
  readonly before: Outcome;
  readonly now: Outcome;
  /** Undefined where neither is better: something could not be judged. */
  readonly isBetter: boolean | undefined;
}

/** What became of the scenarios since the run before. */
export interface Comparison {
  readonly startedAt: string;
  readonly score: Score;
  readonly changes: readonly Change[];
  readonly added: readonly string[];
  readonly left: readonly string[];
}

const GOOD: readonly Outcome[] = ['detected', 'quiet'];
const BAD: readonly Outcome[] = ['missed', 'fired'];

export function compareRuns(now: DrillRun, before: DrillRun): Comparison {
  const earlier = new Map(before.results.map((result) => [result.id, result.outcome]));
  const ids = new Set(now.results.map(({ id }) => id));
  return {
    startedAt: before.startedAt,
    score: scoreRun(before),
    changes: now.results.flatMap(({ id, outcome }) => {
      const was = earlier.get(id);
      return was === undefined || was === outcome
        ? []
        : [{ id, before: was, now: outcome, isBetter: betterOf(was, outcome) }];
    }),
    added: [...ids].filter((id) => !earlier.has(id)),
    left: [...earlier.keys()].filter((id) => !ids.has(id)),
  };
}

function betterOf(before: Outcome, now: Outcome): boolean | undefined {
  if (BAD.includes(before) && GOOD.includes(now)) return true;
  return GOOD.includes(before) && BAD.includes(now) ? false : undefined;
}
