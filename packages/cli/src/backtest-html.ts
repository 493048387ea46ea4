import { createHash } from 'node:crypto';
import type { BacktestSummary, RuleSummary, Tallied, WorkloadReport } from '@runward/replay';
import { changeText, durationText, fires, rateText, workloadText } from './backtest-text.js';
import { countOf } from './replay-session.js';
import { visible } from './terminal.js';

const STYLE = `:root{color-scheme:light dark;--ink:#1d2733;--soft:#5a6775;--paper:#fff;--line:#d8dee5;--head:#f2f5f8;--new:#0b6b3a;--gone:#9a3412}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa7b5;--paper:#12171d;--line:#303a45;--head:#1b222a;--new:#5fd39a;--gone:#f5a573}}
*{box-sizing:border-box}body{margin:0 auto;max-width:76rem;padding:1.5rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.25rem 0}.soft{color:var(--soft)}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
thead th{background:var(--head)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}tbody th{font-weight:600}
code{font:.85rem/1.45 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
summary{cursor:pointer}.new{color:var(--new)}.gone{color:var(--gone)}a{color:inherit}`;

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text of unknown origin as text of a page; what could not be seen, or turns text around, is written as a code. */
export const escapeHtml = (text: string): string => visible(text).replace(/[&<>"']/g, (c) => NAMED[c] ?? '');

interface Column {
  readonly title: string;
  readonly isNumber?: true;
}
type Cell = string | number;
const number = (title: string): Column => ({ title, isNumber: true });

/** A table whose first column heads its rows. Cells are HTML. */
function htmlTable(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const css = (i: number): string => (columns[i]?.isNumber ? ' class="n"' : '');
  const head = columns.map((c, i) => `<th scope="col"${css(i)}>${escapeHtml(c.title)}</th>`).join('');
  const body = rows
    .map((row) => {
      const cells = row.map((cell, i) =>
        i === 0 ? `<th scope="row">${cell}</th>` : `<td${css(i)}>${cell}</td>`,
      );
      return `<tr>${cells.join('')}</tr>`;
    })
    .join('\n');
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table><caption class="soft">${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

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
        number('New'),
        number('Gone'),
        number('As before'),
        number('Per hour'),
      ]
    : [
        { title: 'Rule' },
        { title: 'Priority' },
        number('Detections'),
        number('Workloads'),
        number('Per hour'),
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
    ...(compared ? [number('New'), number('Gone'), number('As before')] : [number('Detections')]),
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

function section(title: string, content: string): string {
  return content === '' ? '' : `<section><h2>${escapeHtml(title)}</h2>\n${content}</section>`;
}

function limits(s: BacktestSummary): string {
  const unjudged = s.unjudged.map((u) => [
    escapeHtml(u.rule),
    u.extent === 'none' ? 'could not be judged' : 'judged in part',
    escapeHtml(u.reason),
  ]);
  const losses = [
    ...s.gaps.map((g) => [
      escapeHtml(g.path),
      escapeHtml(`${g.from ?? 'start'} to ${g.to ?? 'end'}`),
      escapeHtml(`${g.reason}${g.lost === undefined ? '' : `, ${g.lost} lost`}`),
    ]),
    ...s.skipped.map((p) => [escapeHtml(p.path), `${p.count} times`, escapeHtml(`${p.kind}: ${p.reason}`)]),
    ...s.files.flatMap((f) => f.limits.map((limit) => [escapeHtml(f.path), '', escapeHtml(limit)])),
    ...s.files.filter((f) => !f.complete).map((f) => [escapeHtml(f.path), '', 'not read to its end']),
  ];
  const tables = [
    unjudged.length === 0
      ? ''
      : htmlTable(
          'Rules whose silence means little here',
          [{ title: 'Rule' }, { title: 'Extent' }, { title: 'Reason' }],
          unjudged,
        ),
    losses.length === 0
      ? ''
      : htmlTable(
          'What the files do not have',
          [{ title: 'File' }, { title: 'Where' }, { title: 'What' }],
          losses,
        ),
  ];
  return tables.filter((t) => t !== '').join('\n');
}

const fileTable = (s: BacktestSummary): string =>
  htmlTable(
    'Files of the history',
    [{ title: 'File' }, number('Events'), { title: 'From' }, { title: 'To' }],
    s.files.map((f) => [escapeHtml(f.path), f.events, f.from ?? '-', f.to ?? '-']),
  );

/**
 * A backtest as one page that needs nothing else: no script, no request. Everything from the history is hostile input
 * and escaped; the policy of the page forbids whatever else might slip through.
 */
export function backtestHtml(s: BacktestSummary): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const span = s.from === null ? 'no events' : `${s.from} to ${s.to}`;
  const result = s.compared
    ? `${s.added + s.both} detections with the new rules: ${s.added} new, ${s.both} as before. ${s.gone} would no longer fire.`
    : `${countOf(s.added, 'detection')}.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Backtest</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Backtest</h1>
<p>${escapeHtml(result)}</p>
<p class="soft">${s.events} events of ${countOf(s.files.length, 'file')}, ${escapeHtml(span)}, ${durationText(s.coveredSeconds)} covered.</p>
${section('Rules', overview(s))}
${section('By rule and workload', s.rules.map((rule, i) => ruleSection(rule, i, s.compared)).join('\n'))}
${section('What this does not show', limits(s))}
${section('History', fileTable(s))}
</main>
</body>
</html>
`;
}
