import { createHash } from 'node:crypto';
import type { HistorySummary } from '@runward/replay';
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

export interface Column {
  readonly title: string;
  readonly isNumber?: true;
}
export type Cell = string | number;
export const numberColumn = (title: string): Column => ({ title, isNumber: true });

/** A table whose first column heads its rows. Cells are HTML. */
export function htmlTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): string {
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

export function htmlSection(title: string, content: string): string {
  return content === '' ? '' : `<section><h2>${escapeHtml(title)}</h2>\n${content}</section>`;
}

/** What the files do not have, as rows of file, where and what. */
export const lossRows = (s: HistorySummary): readonly (readonly string[])[] => [
  ...s.gaps.map((g) => [
    escapeHtml(g.path),
    escapeHtml(`${g.from ?? 'start'} to ${g.to ?? 'end'}`),
    escapeHtml(`${g.reason}${g.lost === undefined ? '' : `, ${g.lost} lost`}`),
  ]),
  ...s.skipped.map((p) => [escapeHtml(p.path), `${p.count} times`, escapeHtml(`${p.kind}: ${p.reason}`)]),
  ...s.files.flatMap((f) => f.limits.map((limit) => [escapeHtml(f.path), '', escapeHtml(limit)])),
  ...s.files.filter((f) => !f.complete).map((f) => [escapeHtml(f.path), '', 'not read to its end']),
];

export const LOSS_COLUMNS: readonly Column[] = [{ title: 'File' }, { title: 'Where' }, { title: 'What' }];

export const fileTable = (s: HistorySummary): string =>
  htmlTable(
    'Files of the history',
    [{ title: 'File' }, numberColumn('Events'), { title: 'From' }, { title: 'To' }],
    s.files.map((f) => [escapeHtml(f.path), f.events, f.from ?? '-', f.to ?? '-']),
  );

/**
 * A page that needs nothing else: no script, no request. What is in it of unknown origin is escaped; the policy of the
 * page forbids whatever else might slip through. `body` is HTML.
 */
export function htmlPage(title: string, body: string): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}
