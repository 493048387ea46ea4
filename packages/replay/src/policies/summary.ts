import { type HistorySummary, summarizeHistory } from '../backtest/history.js';
import { MAX_WORKLOADS, OTHER_WORKLOADS, type Workload } from '../backtest/report.js';
import { addTallied } from '../backtest/tallying.js';
import type { FileResult } from '../engine/messages.js';
import type { DeniedWorkload, LineDenials, Unobservable } from './report.js';

export interface LineSummary extends LineDenials {
  readonly denied: number;
  readonly uncertain: number;
  /** Per hour of covered time; `null` when the history covers none. */
  readonly perHour: number | null;
}

/** A backtest of policies over all files: what `runward policy backtest --json` prints. */
export interface PolicyBacktestSummary extends HistorySummary {
  readonly actions: number;
  readonly denied: number;
  readonly uncertain: number;
  readonly cached: number;
  /** Containers with events, and those of them that a policy under test selects. */
  readonly containers: number;
  readonly selected: number;
  /** Those with the most denials first. */
  readonly lines: readonly LineSummary[];
  readonly unobservable: readonly Unobservable[];
}

const keyOf = (w: Workload): string => [w.image, w.namespace, w.pod, w.container].join('\0');
const lineKey = (l: LineDenials): string => [l.policy, l.section, l.file, l.line, l.label].join('\0');

function addWorkloads(into: Map<string, DeniedWorkload>, more: readonly DeniedWorkload[]): void {
  for (const one of more) {
    const isFull = into.size >= MAX_WORKLOADS && !into.has(keyOf(one.workload));
    const workload = isFull ? OTHER_WORKLOADS : one.workload;
    const known = into.get(keyOf(workload));
    into.set(keyOf(workload), {
      workload,
      denied: addTallied(known?.denied, one.denied) ?? one.denied,
      uncertain: (known?.uncertain ?? 0) + one.uncertain,
    });
  }
}

/** Puts the reports of all files together. */
export function summarizePolicyBacktest(files: readonly FileResult[]): PolicyBacktestSummary {
  const history = summarizeHistory(files);
  const reports = files.flatMap(({ policyReport }) => policyReport ?? []);
  const lines = new Map<
    string,
    { readonly line: LineDenials; readonly workloads: Map<string, DeniedWorkload> }
  >();
  for (const line of reports.flatMap((report) => report.lines)) {
    const known = lines.get(lineKey(line)) ?? { line, workloads: new Map<string, DeniedWorkload>() };
    addWorkloads(known.workloads, line.workloads);
    lines.set(lineKey(line), known);
  }
  const hours = history.coveredSeconds / 3600;
  const summaries = [...lines.values()]
    .map(({ line, workloads }): LineSummary => {
      const all = [...workloads.values()].sort((a, b) => b.denied.count - a.denied.count);
      const denied = all.reduce((sum, w) => sum + w.denied.count, 0);
      const uncertain = all.reduce((sum, w) => sum + w.uncertain, 0);
      return { ...line, workloads: all, denied, uncertain, perHour: hours === 0 ? null : denied / hours };
    })
    .sort((a, b) => b.denied - a.denied || (lineKey(a) < lineKey(b) ? -1 : 1));
  const sum = (pick: (report: (typeof reports)[number]) => number): number =>
    reports.reduce((n, report) => n + pick(report), 0);
  return {
    ...history,
    actions: sum((r) => r.actions),
    denied: sum((r) => r.denied),
    uncertain: summaries.reduce((n, line) => n + line.uncertain, 0),
    cached: sum((r) => r.cached),
    containers: new Set(reports.flatMap((r) => r.containers)).size,
    selected: new Set(reports.flatMap((r) => r.selected)).size,
    lines: summaries,
    unobservable: mergeNotes(reports.map((r) => r.unobservable)),
  };
}

/** A note that not every file has says so. */
function mergeNotes(files: readonly (readonly Unobservable[])[]): readonly Unobservable[] {
  const counts = new Map<Unobservable['section'], Map<string, number>>();
  for (const { section, notes } of files.flat()) {
    const known = counts.get(section) ?? new Map<string, number>();
    for (const text of notes) known.set(text, (known.get(text) ?? 0) + 1);
    counts.set(section, known);
  }
  return [...counts].map(([section, notes]) => ({
    section,
    notes: [...notes].map(([text, count]) =>
      count === files.length ? text : `${text} (${count} of ${files.length} files)`,
    ),
  }));
}
