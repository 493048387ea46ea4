import type { LineSummary, PolicyBacktestSummary } from '@runward/replay';
import { rateText, workloadText } from './backtest-text.js';
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
import { denialsText, policyHistoryText, uncertainText } from './policy-backtest-text.js';

const anchor = (index: number): string => `line-${index + 1}`;

function overview({ lines }: PolicyBacktestSummary): string {
  if (lines.length === 0) return '<p>No line would have denied anything.</p>';
  const columns = [
    ...[{ title: 'Line' }, { title: 'Policy' }, { title: 'Where' }],
    ...[numberColumn('Denials'), numberColumn('Workloads'), numberColumn('Per hour')],
  ];
  const rows = lines.map((line, i) => [
    `<a href="#${anchor(i)}">${escapeHtml(line.label)}</a>`,
    escapeHtml(line.policy),
    escapeHtml(`${line.file}:${line.line}`),
    line.denied,
    line.workloads.length,
    rateText(line.perHour),
  ]);
  return htmlTable('Lines that would have denied something, most often first', columns, rows);
}

function lineSection(line: LineSummary, index: number): string {
  const columns = [
    { title: 'Workload' },
    numberColumn('Denials'),
    { title: 'First' },
    { title: 'Last' },
    { title: 'Examples' },
  ];
  const rows = line.workloads.map(({ workload, denied }) => [
    escapeHtml(workloadText(workload)),
    denied.count,
    escapeHtml(denied.firstAt),
    escapeHtml(denied.lastAt),
    denied.examples.map((text) => `<p><code>${escapeHtml(text)}</code></p>`).join(''),
  ]);
  const why = line.comment === '' ? '' : `<p>“${escapeHtml(line.comment)}”</p>`;
  return `<section id="${anchor(index)}"><h3>${escapeHtml(line.label)} <span class="soft">${escapeHtml(line.policy)}, ${escapeHtml(`${line.file}:${line.line}`)}</span></h3>
<p class="soft">It ${escapeHtml(line.words)}${escapeHtml(uncertainText(line.uncertain))}.</p>${why}
${htmlTable(`What “${line.label}” would have denied`, columns, rows)}</section>`;
}

function limits(s: PolicyBacktestSummary): string {
  const notes = s.unobservable.flatMap(({ section, notes: all }) =>
    all.map((note) => [section, escapeHtml(note)]),
  );
  const losses = lossRows(s);
  return [
    notes.length === 0
      ? ''
      : htmlTable('What recordings do not tell', [{ title: 'Section' }, { title: 'What' }], notes),
    losses.length === 0 ? '' : htmlTable('What the files do not have', LOSS_COLUMNS, losses),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** A backtest of policies as one page. Everything from the history is hostile input and escaped. */
export const policyBacktestHtml = (s: PolicyBacktestSummary): string =>
  htmlPage(
    'Backtest of policies',
    `<p>${escapeHtml(denialsText(s))}.</p>
<p class="soft">${escapeHtml(policyHistoryText(s))}.</p>
${htmlSection('Lines', overview(s))}
${htmlSection('By line and workload', s.lines.map(lineSection).join('\n'))}
${htmlSection('What this does not show', limits(s))}
${htmlSection('History', fileTable(s))}`,
  );
