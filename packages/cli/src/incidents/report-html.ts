import type { IncidentReport } from '@runward/agent/incidents';
import { tacticInfo } from '@runward/core';
import { entriesOf, type GuidanceStep, type Incident, type InvolvedProcess } from '@runward/incidents';
import { escapeHtml, htmlPage, htmlSection, htmlTable, numberColumn } from '../html-page.js';
import { stagesText, whereText } from './incident-text.js';
import { type TreeRow, treeRows } from './process-tree.js';
import { changeText, exposedLines } from './report-text.js';

const clock = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
const code = (text: string): string => (text === '' ? '' : `<code>${escapeHtml(text)}</code>`);

/** What lies beside the page in a bundle. */
export interface Enclosed {
  readonly path: string;
  readonly what: string;
}

/** An incident as one page. Everything in it comes from hostile places and is escaped. */
export function incidentHtml(
  { incident, guidance, prevention }: IncidentReport,
  enclosed: readonly Enclosed[],
): string {
  return htmlPage(
    `Incident ${incident.id}`,
    [
      `<p>${escapeHtml(incident.title)}</p>`,
      htmlSection('Summary', summary(incident)),
      htmlSection('Time line', timeline(incident)),
      htmlSection('Processes', tree(incident.processes)),
      htmlSection('Containers', containers(incident)),
      htmlSection('What was within reach there (names only)', exposed(incident)),
      htmlSection('What it means', steps(guidance.means)),
      htmlSection('What to check', steps(guidance.check)),
      htmlSection('What to do', steps(guidance.act)),
      htmlSection('What would have prevented it', code(prevention.trimEnd())),
      htmlSection('Notes', notes(incident)),
      htmlSection('Changes', list(incident.changes.map((change) => escapeHtml(changeText(change))))),
      htmlSection(
        'Beside this page',
        list(enclosed.map(({ path, what }) => `${code(path)} ${escapeHtml(what)}`)),
      ),
    ].join('\n'),
  );
}

function summary(incident: Incident): string {
  const { state, assignee, severity, score, firstMs, lastMs, techniques, count, hostname } = incident;
  const rows: readonly (readonly [string, string])[] = [
    ['State', `${state}${assignee === '' ? '' : `, assigned to ${assignee}`}`],
    ['Severity', `${severity}, ${score} of 100`],
    ['Where', `${whereText(incident)} on ${hostname}`],
    ['When', `${clock(firstMs)} to ${clock(lastMs)} UTC`],
    ['Stages', stagesText(incident)],
    ['Techniques', techniques.join(', ')],
    ['Detections', String(count)],
  ];
  return htmlTable(
    'What it is',
    [{ title: '' }, { title: '' }],
    rows.map(([key, text]) => [escapeHtml(key), escapeHtml(text)]),
  );
}

function timeline(incident: Incident): string {
  const rows = entriesOf(incident).map((entry) => [
    escapeHtml(clock(entry.timeMs)),
    escapeHtml(entry.priority),
    escapeHtml(entry.tactics.map((tactic) => tacticInfo(tactic)?.name ?? tactic).join(', ')),
    `<strong>${escapeHtml(entry.rule)}</strong><br>${code(entry.output)}`,
    escapeHtml(incident.containers.find(({ id }) => id === entry.container)?.name ?? entry.container),
    entry.count,
  ]);
  const columns = [
    { title: 'UTC' },
    { title: 'Priority' },
    { title: 'Stage' },
    { title: 'What' },
    { title: 'Container' },
    numberColumn('Times'),
  ];
  const rest = Object.entries(incident.leftOut.timeline).map(
    ([rule, count]) => `${count} more of ${escapeHtml(rule === '' ? 'other rules' : rule)} in between`,
  );
  return `${htmlTable('In the order of time', columns, rows)}\n${list(rest)}`;
}

/** Nested lists, as deep as the tree is; a list is opened and closed as the rows go down and up. */
function tree(processes: readonly InvolvedProcess[]): string {
  let html = '';
  let depth = -1;
  for (const row of treeRows(processes)) {
    if (row.depth > depth) html += '<ul><li>'.repeat(row.depth - depth);
    else html += `</li>${'</ul></li>'.repeat(depth - row.depth)}<li>`;
    depth = row.depth;
    html += processHtml(row);
  }
  return depth < 0 ? '' : `${html}${'</li></ul>'.repeat(depth + 1)}`;
}

function processHtml({ process: { name, pid, exe, command, user, uid, rules } }: TreeRow): string {
  const matched = rules.length === 0 ? '' : ` <strong>${escapeHtml(rules.join(', '))}</strong>`;
  const who = escapeHtml(user === '' ? `uid ${uid}` : user);
  return `${escapeHtml(name)} (${pid}, ${who}) ${code(command === '' ? exe : command)}${matched}`;
}

function exposed({ exposed: all, containers: known }: Incident): string {
  const rows = all.map((each) => [
    escapeHtml(known.find(({ id }) => id === each.container)?.name ?? each.container),
    list(exposedLines(each).map(escapeHtml)),
  ]);
  return rows.length === 0 ? '' : htmlTable('Credentials', [{ title: 'Container' }, { title: 'What' }], rows);
}

function containers({ containers: all }: Incident): string {
  const rows = all.map(({ id, name, image, imageDigest, pod, namespace, runtime, count }) => [
    escapeHtml(name),
    code(id),
    escapeHtml(runtime),
    `${escapeHtml(image)} ${code(imageDigest)}`,
    escapeHtml(pod === '' ? '' : `${namespace}/${pod}`),
    count,
  ]);
  const columns = [
    { title: 'Name' },
    { title: 'Id' },
    { title: 'Runtime' },
    { title: 'Image' },
    { title: 'Pod' },
    numberColumn('Detections'),
  ];
  return htmlTable('Where it happened', columns, rows);
}

const notes = (incident: Incident): string =>
  list(
    incident.notes.map(
      ({ atMs, who, text }) => `${escapeHtml(clock(atMs))} ${escapeHtml(who)}: ${escapeHtml(text)}`,
    ),
  );
const steps = (all: readonly GuidanceStep[]): string =>
  list(all.map(({ about, text }) => `<strong>${escapeHtml(about)}</strong>: ${escapeHtml(text)}`));
/** Items are HTML. */
const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;
