import { PRIORITIES } from '@runward/rules';
import type { FileResult } from '../engine/messages.js';
import { type HistorySummary, summarizeHistory } from './history.js';
import {
  MAX_WORKLOADS,
  OTHER_WORKLOADS,
  type RuleReport,
  type Unjudged,
  VERDICTS,
  type Workload,
  type WorkloadReport,
} from './report.js';
import { addTallied } from './tallying.js';

export interface RuleSummary extends RuleReport {
  /** Detections per verdict. */
  readonly added: number;
  readonly gone: number;
  readonly both: number;
  /** With the new rules, per hour of covered time; `null` when the history covers none. */
  readonly perHour: number | null;
}

/** A backtest over all files: what `runward backtest --json` prints. */
export interface BacktestSummary extends HistorySummary {
  readonly compared: boolean;
  readonly added: number;
  readonly gone: number;
  readonly both: number;
  /** Most urgent first, then by name. */
  readonly rules: readonly RuleSummary[];
  readonly unjudged: readonly Unjudged[];
}

const keyOf = (w: Workload): string => [w.image, w.namespace, w.pod, w.container].join('\0');

function addWorkloads(
  into: Map<string, WorkloadReport>,
  reports: readonly WorkloadReport[],
): Map<string, WorkloadReport> {
  for (const report of reports) {
    const isFull = into.size >= MAX_WORKLOADS && !into.has(keyOf(report.workload));
    const workload = isFull ? OTHER_WORKLOADS : report.workload;
    const known = into.get(keyOf(workload));
    into.set(keyOf(workload), {
      workload,
      added: addTallied(known?.added, report.added),
      gone: addTallied(known?.gone, report.gone),
      both: addTallied(known?.both, report.both),
    });
  }
  return into;
}

const total = (workloads: readonly WorkloadReport[], verdict: (typeof VERDICTS)[number]): number =>
  workloads.reduce((sum, w) => sum + (w[verdict]?.count ?? 0), 0);

function summarizeRule(rule: RuleReport, hours: number): RuleSummary {
  const [added, gone, both] = VERDICTS.map((verdict) => total(rule.workloads, verdict));
  const now = (added ?? 0) + (both ?? 0);
  return {
    ...rule,
    added: added ?? 0,
    gone: gone ?? 0,
    both: both ?? 0,
    perHour: hours === 0 ? null : now / hours,
  };
}

/** Most detections first, then by name. */
const byCount = (a: WorkloadReport, b: WorkloadReport): number => {
  const count = (w: WorkloadReport): number => VERDICTS.reduce((sum, v) => sum + (w[v]?.count ?? 0), 0);
  return count(b) - count(a) || (keyOf(a.workload) < keyOf(b.workload) ? -1 : 1);
};
const byUrgency = (a: RuleReport, b: RuleReport): number =>
  PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) || (a.rule < b.rule ? -1 : 1);

/** A rule is unjudged when no file could judge it; where only some could, that is said. */
function mergeUnjudged(files: readonly FileResult[]): readonly Unjudged[] {
  const byRule = new Map<string, Unjudged[]>();
  for (const { report } of files)
    for (const unjudged of report?.unjudged ?? []) {
      const known = byRule.get(unjudged.rule);
      if (known === undefined) byRule.set(unjudged.rule, [unjudged]);
      else known.push(unjudged);
    }
  return [...byRule.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    if (all.length === files.length && all.every((u) => u.extent === 'none')) return [first];
    const where = all.length === files.length ? '' : ` (${all.length} of ${files.length} files)`;
    return [{ ...first, extent: 'part' as const, reason: `${first.reason}${where}` }];
  });
}

/** Puts the reports of all files together. */
export function summarizeBacktest(files: readonly FileResult[], compared: boolean): BacktestSummary {
  const rules = new Map<string, { report: RuleReport; workloads: Map<string, WorkloadReport> }>();
  for (const { report } of files)
    for (const rule of report?.rules ?? []) {
      const known = rules.get(rule.rule) ?? { report: rule, workloads: new Map<string, WorkloadReport>() };
      addWorkloads(known.workloads, rule.workloads);
      rules.set(rule.rule, known);
    }
  const history = summarizeHistory(files);
  const summaries = [...rules.values()]
    .map(({ report, workloads }) => ({ ...report, workloads: [...workloads.values()].sort(byCount) }))
    .sort(byUrgency)
    .map((rule) => summarizeRule(rule, history.coveredSeconds / 3600));
  const sum = (pick: (rule: RuleSummary) => number): number =>
    summaries.reduce((n, rule) => n + pick(rule), 0);
  return {
    ...history,
    compared,
    added: sum((r) => r.added),
    gone: sum((r) => r.gone),
    both: sum((r) => r.both),
    rules: summaries,
    unjudged: mergeUnjudged(files),
  };
}
