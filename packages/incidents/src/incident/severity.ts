import type { Priority } from '@runward/rules';
import type { Draft, Incident, Severity } from './incident.js';

const BASE: Readonly<Record<Priority, number>> = {
  Debug: 5,
  Informational: 10,
  Notice: 25,
  Warning: 40,
  Error: 60,
  Critical: 80,
  Alert: 90,
  Emergency: 100,
};
const PER_STAGE = 8;
const MOST_STAGES = 5;
const PER_RULE = 4;
const MOST_RULES = 3;
const SPREAD = 6;
const MOST = 100;

/** From this score on. */
const FROM: readonly (readonly [number, Severity])[] = [
  [80, 'critical'],
  [60, 'high'],
  [35, 'medium'],
];

/**
 * The most urgent rule, and what each further stage (8, at most five), each further rule (4, at most three) and a
 * second container (6) add; at most 100. How often something happens adds nothing: noise is not severity.
 */
export function scoreOf({
  rules,
  stages,
  containers,
}: Pick<Incident, 'rules' | 'stages' | 'containers'>): number {
  const base = Math.max(0, ...rules.map(({ priority }) => BASE[priority]));
  const further = (count: number, most: number): number => Math.min(most, Math.max(0, count - 1));
  const more =
    PER_STAGE * further(stages.length, MOST_STAGES) +
    PER_RULE * further(rules.length, MOST_RULES) +
    (containers.length > 1 ? SPREAD : 0);
  return Math.min(MOST, base + more);
}

export const severityOf = (score: number): Severity => FROM.find(([from]) => score >= from)?.[1] ?? 'low';

/** It grows and never falls, whatever comes after. */
export function grow(draft: Draft): void {
  draft.score = Math.max(draft.score, scoreOf(draft));
  draft.severity = severityOf(draft.score);
}
