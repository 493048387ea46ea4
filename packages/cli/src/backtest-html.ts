import type { BacktestSummary, RuleSummary, Tallied, WorkloadReport } from '@runward/replay';
import { changeText, durationText, fires, rateText, workloadText } from './backtest-text.js';
import {
  escapeHtml,
  fileTable,
  htmlPage,
  htmlSection,
  htmlTable,
  LOSS_COLUMNS,
  lossRows,
  numberColumn,
} from './html-page.js';
import { countOf } from './replay-session.js';

const anchor = (index: number): string => `rule-${index + 1}`;
const changed = (word: string): string =>
  word === ''
    ? ''
    : `<span class="${word === 'gone' ? 'gone' : word === 'new' ? 'new' : 'soft'}">${word}</span>`;

function overview(s: BacktestSummary): string {
  if (s.rules.length === 0) return '<p>No rule would have fired.</p>';
  const columns = s.compared
    ? [
        { title: 'Rule' },
        { title: 'Priority' },
        { title: 'Change' },
        numberColumn('New'),
        numberColumn('Gone'),
        numberColumn('As before'),
        numberColumn('Per hour'),
      ]
    : [
        { title: 'Rule' },
        { title: 'Priority' },
        numberColumn('Detections'),
        numberColumn('Workloads'),
        numberColumn('Per hour'),
      ];
  const rows = s.rules.map((r, i) => {
    const link = `<a href="#${anchor(i)}">${escapeHtml(r.rule)}</a>`;
    return s.compared
      ? [link, r.priority, changed(changeText(r, true)), r.added, r.gone, r.both, rateText(r.perHour)]
      : [link, r.priority, r.added, r.workloads.length, rateText(r.perHour)];
  });
  return htmlTable('Rules that fire, most urgent first', columns, rows);
}

const count = (t: Tallied | undefined): number => t?.count ?? 0;
const firstOf = (w: WorkloadReport): string =>
  [w.added, w.gone, w.both].flatMap((t) => (t === undefined ? [] : [t.firstAt])).sort()[0] ?? '';
const lastOf = (w: WorkloadReport): string =>
  [w.added, w.gone, w.both]
    .flatMap((t) => (t === undefined ? [] : [t.lastAt]))
    .sort()
    .at(-1) ?? '';

const WORDS = { added: 'new', gone: 'gone', both: '' } as const;

function examples(w: WorkloadReport, compared: boolean): string {
  const items = (['added', 'gone', 'both'] as const).flatMap((verdict) =>
    (w[verdict]?.examples ?? []).map((output) => {
      const word = compared ? changed(WORDS[verdict]) : '';
      return `<p>${word} <code>${escapeHtml(output)}</code></p>`;
    }),
  );
  return `<details><summary>${items.length} ${items.length === 1 ? 'example' : 'examples'}</summary>${items.join('')}</details>`;
}

function ruleSection(rule: RuleSummary, index: number, compared: boolean): string {
  const columns = [
    { title: 'Workload' },
    ...(compared
      ? [numberColumn('New'), numberColumn('Gone'), numberColumn('As before')]
      : [numberColumn('Detections')]),
    { title: 'First' },
    { title: 'Last' },
    { title: 'Examples' },
  ];
  const rows = rule.workloads.map((w) => [
    escapeHtml(workloadText(w.workload)),
    ...(compared ? [count(w.added), count(w.gone), count(w.both)] : [fires(w)]),
    escapeHtml(firstOf(w)),
    escapeHtml(lastOf(w)),
    examples(w, compared),
  ]);
  return `<section id="${anchor(index)}"><h3>${escapeHtml(rule.rule)} <span class="soft">${rule.priority}</span></h3>\n${htmlTable(`Where “${rule.rule}” fires`, columns, rows)}</section>`;
}

function limits(s: BacktestSummary): string {
  const unjudged = s.unjudged.map((u) => [
    escapeHtml(u.rule),
    u.extent === 'none' ? 'could not be judged' : 'judged in part',
    escapeHtml(u.reason),
  ]);
  const losses = lossRows(s);
  const tables = [
    unjudged.length === 0
      ? ''
      : htmlTable(
          'Rules whose silence means little here',
          [{ title: 'Rule' }, { title: 'Extent' }, { title: 'Reason' }],
          unjudged,
        ),
    losses.length === 0 ? '' : htmlTable('What the files do not have', LOSS_COLUMNS, losses),
  ];
  return tables.filter((t) => t !== '').join('\n');
}

/** A backtest as one page. Everything from the history is hostile input and escaped. */
export function backtestHtml(s: BacktestSummary): string {
  const span = s.from === null ? 'no events' : `${s.from} to ${s.to}`;
  const result = s.compared
    ? `${s.added + s.both} detections with the new rules: ${s.added} new, ${s.both} as before. ${s.gone} would no longer fire.`
    : `${countOf(s.added, 'detection')}.`;
  return htmlPage(
    'Backtest',
    `<p>${escapeHtml(result)}</p>
<p class="soft">${s.events} events of ${countOf(s.files.length, 'file')}, ${escapeHtml(span)}, ${durationText(s.coveredSeconds)} covered.</p>
${htmlSection('Rules', overview(s))}
${htmlSection('By rule and workload', s.rules.map((rule, i) => ruleSection(rule, i, s.compared)).join('\n'))}
${htmlSection('What this does not show', limits(s))}
${htmlSection('History', fileTable(s))}`,
  );
}
