import type { HardenCheck, Outcome, Severity } from './checks/check.js';
import { KERNEL_CHECKS } from './checks/kernel.js';
import { PERMISSION_CHECKS } from './checks/permissions.js';
import { RUNTIME_FILE_CHECKS } from './checks/runtime-files.js';
import { SYSCTL_CHECKS } from './checks/sysctls.js';
import type { Host } from './host/host.js';

export const HARDEN_CHECKS: readonly HardenCheck[] = [
  ...KERNEL_CHECKS,
  ...SYSCTL_CHECKS,
  ...RUNTIME_FILE_CHECKS,
  ...PERMISSION_CHECKS,
];

/** What one check that is weak costs. */
export const HARDEN_WEIGHTS: Readonly<Record<Severity, number>> = {
  critical: 20,
  high: 8,
  medium: 3,
  low: 1,
};

export type HardenFinding = Pick<HardenCheck, 'id' | 'severity' | 'title' | 'why'> & {
  readonly outcome: Outcome;
};

export interface HardenReport {
  readonly findings: readonly HardenFinding[];
  /** 100 less the weight of each check that is weak, 0 at least. */
  readonly score: number;
}

const ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

/** The gravest first. */
export function checkHost(host: Host): HardenReport {
  const findings = HARDEN_CHECKS.map(({ id, severity, title, why, examine }) => ({
    ...{ id, severity, title, why },
    outcome: examine(host),
  })).sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  const lost = findings.reduce(
    (sum, { outcome, severity }) => sum + (outcome.state === 'weak' ? HARDEN_WEIGHTS[severity] : 0),
    0,
  );
  return { findings, score: Math.max(0, 100 - lost) };
}
