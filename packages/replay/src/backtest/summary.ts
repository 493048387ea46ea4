import { formatTime } from '@runward/detect';
import { PRIORITIES } from '@runward/rules';
import type { FileResult } from '../engine/messages.js';
import type { ReplayGap, SkippedPart } from '../event-source.js';
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
export interface BacktestSummary {
  readonly files: readonly {
    readonly path: string;
    readonly events: number;
    readonly from: string | null;
    readonly to: string | null;
    readonly complete: boolean;
    /** In words, why events may be missing that the file could carry. */
    readonly limits: readonly string[];
  }[];
  readonly events: number;
  /** First and last event of all files; null when there was none. */
  readonly from: string | null;
  readonly to: string | null;
  /** Time the files cover, summed file by file, seconds. */
  readonly coveredSeconds: number;
  readonly compared: boolean;
  readonly added: number;
  readonly gone: number;
  readonly both: number;
  /** Most urgent first, then by name. */
  readonly rules: readonly RuleSummary[];
  readonly unjudged: readonly Unjudged[];
  readonly gaps: readonly (Omit<ReplayGap, 'fromNs' | 'toNs'> & {
    readonly path: string;
    readonly from: string | null;
    readonly to: string | null;
  })[];
  /** Parts of the files that are damaged or unknown; what no rule can speak about is left out. */
  readonly skipped: readonly (SkippedPart & { readonly path: string })[];
  readonly cpuSeconds: number;
}

const timeText = (ns: bigint | undefined): string | null => (ns === undefined ? null : formatTime(ns));
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
  const coveredNs = files.reduce(
    (sum, f) =>
      f.fromNs === undefined || f.toNs === undefined || f.toNs < f.fromNs ? sum : sum + (f.toNs - f.fromNs),
    0n,
  );
  const coveredSeconds = Number(coveredNs) / 1e9;
  const summaries = [...rules.values()]
    .map(({ report, workloads }) => ({ ...report, workloads: [...workloads.values()].sort(byCount) }))
    .sort(byUrgency)
    .map((rule) => summarizeRule(rule, coveredSeconds / 3600));
  const times = files.flatMap((f) =>
    f.fromNs === undefined || f.toNs === undefined ? [] : [f.fromNs, f.toNs],
  );
  const sum = (pick: (rule: RuleSummary) => number): number =>
    summaries.reduce((n, rule) => n + pick(rule), 0);
  return {
    files: files.map((f) => ({
      path: f.path,
      events: f.events,
      from: timeText(f.fromNs),
      to: timeText(f.toNs),
      complete: f.complete,
      limits: f.limits,
    })),
    events: files.reduce((n, f) => n + f.events, 0),
    from: timeText(times.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)),
    to: timeText(times.reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)),
    coveredSeconds,
    compared,
    added: sum((r) => r.added),
    gone: sum((r) => r.gone),
    both: sum((r) => r.both),
    rules: summaries,
    unjudged: mergeUnjudged(files),
    gaps: files.flatMap((f) =>
      f.gaps.map(({ fromNs, toNs, lost, reason }) => ({
        path: f.path,
        from: timeText(fromNs),
        to: timeText(toNs),
        lost,
        reason,
      })),
    ),
    skipped: files.flatMap((f) =>
      f.skipped.filter((part) => part.kind !== 'unsupported').map((part) => ({ ...part, path: f.path })),
    ),
    cpuSeconds: files.reduce((n, f) => n + f.cpuSeconds, 0),
  };
}
