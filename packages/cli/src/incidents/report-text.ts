import type { IncidentReport, ProposedException } from '@runward/agent/incidents';
import { tacticInfo } from '@runward/core';
import {
  type Change,
  type ExposedContainer,
  entriesOf,
  type GuidanceStep,
  type Incident,
  type TimelineEntry,
} from '@runward/incidents';
import { spanText } from '../isolation-text.js';
import { type Paint, visible } from '../terminal.js';
import { SEVERITY_COLOUR, stagesText, whereText } from './incident-text.js';
import { treeText } from './process-tree.js';

const clock = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

/** Everything about an incident, for a person at a terminal. */
export function reportText(
  { incident, guidance, prevention }: IncidentReport,
  nowMs: number,
  paint: Paint,
): string {
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0
      ? []
      : ['', paint('bold', title), ...lines.map((line) => (line === '' ? '' : `  ${line}`))];
  return [
    ...head(incident, nowMs, paint),
    ...section('Time line', timeline(incident)),
    ...section('Processes', [
      ...treeText(incident.processes),
      ...leftOut(incident.leftOut.processes, 'more processes are not shown'),
    ]),
    ...section('Containers', containers(incident)),
    ...section('What was within reach there (names only; `runward respond revoke`)', exposed(incident)),
    ...section('What it means', steps(guidance.means)),
    ...section('What to check', steps(guidance.check)),
    ...section('What to do', steps(guidance.act)),
    ...section(
      'What would have prevented it (`--policy FILE` writes it, `runward policy apply` has it reported first)',
      prevention === '' ? [] : prevention.trimEnd().split('\n').map(visible),
    ),
    ...section(
      'Notes',
      incident.notes.map(({ atMs, who, text }) => `${clock(atMs)} ${visible(who)}: ${visible(text)}`),
    ),
    ...section('Changes', incident.changes.map(changeText)),
  ].join('\n');
}

function head(incident: Incident, nowMs: number, paint: Paint): readonly string[] {
  const { id, state, severity, score, title, count, firstMs, lastMs, techniques, assignee, absorbed } =
    incident;
  const rows: readonly (readonly [string, string])[] = [
    ['state', `${state}${assignee === '' ? '' : `, assigned to ${visible(assignee)}`}`],
    ['severity', paint(SEVERITY_COLOUR[severity], `${severity} (${score} of 100)`)],
    ['where', whereText(incident)],
    ['when', `${clock(firstMs)} to ${clock(lastMs)} UTC, ${spanText(nowMs - lastMs)} ago`],
    ['stages', stagesText(incident)],
    ['techniques', techniques.length === 0 ? '-' : techniques.map(visible).join(', ')],
    [
      'detections',
      `${count}${absorbed > 0 ? `, ${absorbed} of them since it was called a false positive` : ''}`,
    ],
  ];
  return [
    `${paint('bold', id)}  ${visible(title)}`,
    ...rows.map(([key, text]) => `  ${key.padEnd(12)}${text}`),
  ];
}

function timeline(incident: Incident): readonly string[] {
  const rows = entriesOf(incident).flatMap((entry) => entryText(entry, incident));
  const rest = Object.entries(incident.leftOut.timeline).map(
    ([rule, count]) => `${count} more of ${rule === '' ? 'other rules' : visible(rule)} in between`,
  );
  return [...rows, ...rest];
}

function entryText(entry: TimelineEntry, { containers }: Incident): readonly string[] {
  const { timeMs, lastMs, count, rule, priority, tactics, container, processName, output, policy } = entry;
  const where =
    containers.length > 1 ? ` in ${containers.find(({ id }) => id === container)?.name ?? container}` : '';
  const times = count > 1 ? ` ${count} times until ${clock(lastMs).slice(11)}` : '';
  const stages = tactics.map((tactic) => tacticInfo(tactic)?.name ?? tactic).join(', ');
  const spoken = policy === undefined ? '' : ` (${policy.outcome})`;
  const who = processName === '' ? '' : ` by ${processName}`;
  return [
    `${clock(timeMs)} ${priority}: ${visible(rule)}${spoken}${visible(who)}${visible(where)}${times}${stages === '' ? '' : `  [${stages}]`}`,
    `    ${visible(output)}`,
  ];
}

function containers({ containers: all, leftOut: { containers: more } }: Incident): readonly string[] {
  const rows = all.map(({ id, name, image, pod, namespace, runtime, count }) => {
    const where = pod === '' ? '' : ` pod ${namespace}/${pod}`;
    const what = id === '' ? 'the host itself' : `${id.slice(0, 12)} ${runtime} ${image}`;
    return visible(`${name}${where}  ${what.trim()}  ${count} detections`);
  });
  return [...rows, ...leftOut(more, 'more containers are not listed')];
}

function exposed({ exposed: all, containers: known }: Incident): readonly string[] {
  return all.flatMap((each) => {
    const name = known.find(({ id }) => id === each.container)?.name ?? each.container;
    const lines = exposedLines(each).map((line) => `  ${visible(line)}`);
    return [visible(`${name}:`), ...lines];
  });
}

/** What one container held, for people. */
export function exposedLines(each: ExposedContainer): readonly string[] {
  const { environment, files, serviceAccounts, problem } = each;
  if (problem !== '') return [`not known: ${problem}`];
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['variables', environment],
    ['files', files],
    ['service accounts', serviceAccounts],
  ];
  const lines = rows.flatMap(([what, names]) => (names.length === 0 ? [] : [`${what}: ${names.join(', ')}`]));
  return lines.length === 0
    ? ['nothing that looks like a credential']
    : [...lines, ...leftOut(each.leftOut, 'more')];
}

const leftOut = (count: number, what: string): readonly string[] => (count === 0 ? [] : [`${count} ${what}`]);
const steps = (list: readonly GuidanceStep[]): readonly string[] =>
  list.map(({ about, text }) => `${visible(about)}: ${visible(text)}`);

export function changeText({ atMs, who, what, from, to, why }: Change): string {
  const reason = why === '' ? '' : `: ${why}`;
  const move = from === '' ? to : `${from} to ${to}`;
  return visible(`${clock(atMs)} ${who}: ${what === 'opened' ? '' : `${what} `}${move}${reason}`);
}

/** What to load so that a false positive stays away. */
export function exceptionText({
  rules,
  policies,
  changes,
  network,
  remarks,
}: ProposedException): readonly string[] {
  const block = (title: string, text: string): readonly string[] =>
    text === '' ? [] : ['', title, '', ...text.trimEnd().split('\n').map(visible)];
  return [
    ...block(
      'Exceptions of rules; load them behind the others (`runward run --rules … --rules FILE`):',
      rules,
    ),
    ...block('What policies lack; `runward policy apply FILE`:', policies),
    ...changes.flatMap(({ policy, file, line, yaml, why }) => [
      '',
      visible(`Policy ${policy}, ${file}:${line}: ${yaml === '' ? why : `write in its place (${why}):`}`),
      ...(yaml === '' ? [] : [`  ${visible(yaml)}`]),
    ]),
    ...block('Exceptions of network detections (`runward run --network-settings FILE`):', network),
    ...(remarks.length === 0 ? [] : ['', ...remarks.map(visible)]),
  ];
}
