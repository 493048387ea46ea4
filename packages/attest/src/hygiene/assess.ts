import type { Configuration } from '../configuration/configuration.js';
import type { HygieneFinding, Severity } from './check.js';
import { HYGIENE_CHECKS } from './checks.js';

/** What one check that fails costs, whatever the number of its findings. */
export const WEIGHTS: Readonly<Record<Severity, number>> = { critical: 40, high: 20, medium: 8, low: 3 };

export interface Assessment {
  readonly findings: readonly HygieneFinding[];
  /** 100 less the weight of each check that fails, 0 at least. */
  readonly score: number;
}

const ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

/** Pure. The gravest first. */
export function assess(configuration: Configuration): Assessment {
  let lost = 0;
  const findings = HYGIENE_CHECKS.flatMap(({ id, severity, title, advice, find }) => {
    const texts = find(configuration);
    if (texts.length > 0) lost += WEIGHTS[severity];
    return texts.map((text): HygieneFinding => ({ id, severity, title, text, advice }));
  });
  findings.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  return { findings, score: Math.max(0, 100 - lost) };
}

/** Of a workload: that of its weakest container. */
export const workloadScore = (scores: readonly number[]): number => Math.min(100, ...scores);
