import type { PolicyBacktestSummary } from '@runward/replay';

/** Lines told one by one in the decision; what is behind them is counted. */
const MAX_LINES = 200;
const MAX_WORKLOADS = 20;

/** What a line of a policy in monitor reported, as a running agent counts it. */
export interface MonitorLine {
  readonly policy: string;
  readonly section: string;
  readonly file: string;
  readonly line: number;
  readonly verdict: string;
  readonly mode: string;
  readonly text: string;
  readonly hits: number;
  readonly lastMs: number;
}

/** What a promotion is decided on; kept with the decision. */
export interface PromotionEvidence {
  /** How it was confirmed. */
  readonly confirmed: 'asked' | '--yes';
  /** null: it was decided without history. */
  readonly backtest: object | null;
  /** null: no agent told. */
  readonly monitor: MonitorEvidence | null;
}

/** What a running agent counted while sections were in monitor. */
export interface MonitorEvidence {
  /** Running containers that the policy selects and that are bound to it. */
  readonly containers: number;
  /** Since when the first of them is; null where none is. */
  readonly since: string | null;
  /** Lines that would have denied something. */
  readonly lines: readonly MonitorLine[];
  /** Sections of which nothing was counted in any of them, and why: their silence means nothing. */
  readonly unwatched: readonly { readonly section: string; readonly why: string }[];
}

/** A backtest as evidence: its figures, each line with its workloads and first example, what it could not show. */
export function backtestEvidence(s: PolicyBacktestSummary): object {
  return {
    files: s.files.map(({ path, events, from, to, complete }) => ({ path, events, from, to, complete })),
    ...{ from: s.from, to: s.to, coveredSeconds: s.coveredSeconds, events: s.events, actions: s.actions },
    ...{ containers: s.containers, selected: s.selected, denied: s.denied, uncertain: s.uncertain },
    lines: s.lines.slice(0, MAX_LINES).map((line) => ({
      ...{ policy: line.policy, label: line.label, file: line.file, line: line.line, denied: line.denied },
      workloads: line.workloads.slice(0, MAX_WORKLOADS).map(({ workload, denied }) => ({
        ...{ ...workload, denied: denied.count, firstAt: denied.firstAt, example: denied.firstOutput },
      })),
      otherWorkloads: Math.max(0, line.workloads.length - MAX_WORKLOADS),
    })),
    otherLines: Math.max(0, s.lines.length - MAX_LINES),
    unobservable: s.unobservable,
    ...{ gaps: s.gaps.length, skipped: s.skipped.length },
  };
}

const isRow = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

const rows = (answer: unknown, key: string): readonly Readonly<Record<string, unknown>>[] => {
  const list = isRow(answer) ? answer[key] : undefined;
  return Array.isArray(list) ? list.filter(isRow) : [];
};

/**
 * The agent's answers about the containers of a policy and about its lines, as far as they are about some sections. A
 * section that nothing in this kernel watches counts nothing.
 */
export function monitorEvidence(
  standing: unknown,
  counted: unknown,
  sections: readonly string[],
): MonitorEvidence {
  const all = rows(standing, 'containers');
  const bound = all.filter((each) => number(each.boundAtMs) > 0 && text(each.problem) === '');
  const standings = all.flatMap((each) => rows(each, 'sections'));
  const watched = new Set(
    bound.flatMap((each) =>
      rows(each, 'sections').flatMap((s) => (text(s.problem) === '' ? [text(s.section)] : [])),
    ),
  );
  const whyNot = (section: string): string =>
    all.length === 0
      ? 'no running container is selected'
      : (standings
          .map((s) => (text(s.section) === section ? text(s.problem) : ''))
          .find((why) => why !== '') ?? 'no container is bound to the policy yet');
  const since = Math.min(...bound.map((each) => number(each.boundAtMs)));
  return {
    containers: bound.length,
    since: bound.length === 0 ? null : new Date(since).toISOString(),
    lines: linesCounted(counted, sections),
    unwatched: sections.flatMap((section) =>
      watched.has(section) ? [] : [{ section, why: whyNot(section) }],
    ),
  };
}

const linesCounted = (counted: unknown, sections: readonly string[]): readonly MonitorLine[] =>
  rows(counted, 'lines')
    .map((row) => ({
      ...{ policy: text(row.policy), section: text(row.section), file: text(row.file) },
      ...{ line: number(row.line), verdict: text(row.verdict), mode: text(row.mode), text: text(row.text) },
      ...{ hits: number(row.hits), lastMs: number(row.lastMs) },
    }))
    .filter((line) => line.verdict === 'deny' && sections.includes(line.section));

/** Evidence that is kept with a decision, in a line; '' for what is none. */
export function evidenceText(evidence: unknown): string {
  if (!isRow(evidence)) return '';
  const { backtest, monitor, confirmed } = evidence;
  const parts: string[] = [];
  if (isRow(backtest)) {
    const { denied, actions, selected, from, to } = backtest;
    parts.push(
      `${number(denied)} of ${number(actions)} recorded actions would have been denied (${number(selected)} containers, ${text(from) || '-'} to ${text(to) || '-'})`,
    );
  }
  if (isRow(monitor)) {
    const hits = rows(monitor, 'lines').reduce((sum, row) => sum + number(row.hits), 0);
    parts.push(`${hits} denials counted in monitor in ${number(monitor.containers)} containers`);
  }
  if (parts.length === 0) parts.push('no history');
  return `on ${parts.join(', ')}; ${confirmed === 'asked' ? 'asked and confirmed' : 'confirmed by --yes'}`;
}
