import type { Detection } from '@runward/detect';
import { guidanceOf, IncidentBook, sightingOf } from '@runward/incidents';
import { expect, test } from 'vitest';
import { incidentsTable } from './incident-text.js';
import { incidentHtml } from './report-html.js';
import { exceptionText, reportText } from './report-text.js';

const NOON = Date.UTC(2026, 10, 30, 12);
const process = {
  pid: 7,
  vpid: 1,
  name: 'sh',
  exe: '/bin/sh',
  args: ['sh', '-i'],
  cwd: '/',
  uid: 0,
  user: 'root',
};
const detection: Detection = {
  ...{
    time: new Date(NOON).toISOString(),
    rule: 'Shell',
    priority: 'Error',
    source: 'syscall',
    hostname: 'h',
  },
  ...{
    output: 'a shell\u001b]0;x\u0007',
    tags: ['mitre_execution', 'T1059'],
    output_fields: {},
    ancestors: [],
    process,
  },
  container: {
    ...{ id: 'abc', name: 'web', runtime: 'docker', image: 'nginx:1', imageDigest: '', privileged: false },
    ...{ pod: '', namespace: '', problem: '' },
  },
  event: {
    ...{ type: 'execve', number: 1, cpu: 0, callerMemory: false, truncated: false },
    ...{ compat32: false, ioUring: false },
  },
};

function reported() {
  const book = new IncidentBook();
  const sighting = sightingOf(detection);
  const { incident } = sighting === undefined ? {} : book.take(sighting);
  if (incident === undefined) throw new Error('there is no incident');
  book.note(incident.id, 'looked', 'ada', NOON + 1000);
  return incident;
}

test('a report has everything a person needs, and nothing that acts on a terminal', () => {
  const incident = reported();
  const text = reportText(
    { incident, guidance: guidanceOf(incident, new Map()), prevention: 'kind: x\n' },
    NOON + 90_000,
    (_, plain) => plain,
  );
  expect(text.replace(incident.id, 'ID')).toMatchInlineSnapshot(`
    "ID  Execution in web
      state       open
      severity    high (60 of 100)
      where       web
      when        2026-11-30 12:00:00 to 2026-11-30 12:00:00 UTC, 1m ago
      stages      Execution
      techniques  T1059
      detections  1

    Time line
      2026-11-30 12:00:00 Error: Shell by sh  [Execution]
          a shell\\x1b]0;x\\x07

    Processes
      sh(7) sh -i  root: Shell

    Containers
      web  abc docker nginx:1  1 detections

    What it means
      Execution: Programs or commands ran that the workload does not run by itself.

    What to check
      Execution: The command line and what started it; an operator with a reason, or nobody who is known.

    What to do
      Execution: If nobody explains it, isolate the container and capture it before it is ended.

    What would have prevented it (\`--policy FILE\` writes it, \`runward policy apply\` has it reported first)
      kind: x

    Notes
      2026-11-30 12:00:01 ada: looked

    Changes
      2026-11-30 12:00:00 runward: open: Shell"
  `);
});

test('a list is a table', () => {
  const incident = reported();
  expect(incidentsTable([incident], NOON + 90_000).replace(incident.id, 'ID')).toMatchInlineSnapshot(`
    "ID                     STATE  SEVERITY  LAST    COUNT  STAGES     WHERE  ASSIGNEE
    ID  open   high 60   1m ago  1      Execution  web    -"
  `);
});

test('an exception says what to do with each of its parts', () => {
  const changes = [{ policy: 'web', file: 'web.yaml', line: 3, yaml: '- { path: "/x" }', why: 'because' }];
  const lines = exceptionText({
    rules: '- rule: x\n',
    policies: '',
    changes,
    network: '',
    remarks: ['left'],
  });
  expect(lines).toEqual([
    ...[
      '',
      'Exceptions of rules; load them behind the others (`runward run --rules … --rules FILE`):',
      '',
      '- rule: x',
    ],
    ...['', 'Policy web, web.yaml:3: write in its place (because):', '  - { path: "/x" }', '', 'left'],
  ]);
});

test('a page says the same, with every name escaped and every list closed', () => {
  const incident = reported();
  const nasty = '<img src=x onerror=alert(1)>';
  const processes = [
    { ...incident.processes[0], key: 'a', parent: '', name: nasty },
    { ...incident.processes[0], key: 'b', parent: 'a', command: nasty },
    { ...incident.processes[0], key: 'c', parent: 'b' },
    { ...incident.processes[0], key: 'd', parent: '' },
  ] as typeof incident.processes; // of the first one
  const page = incidentHtml(
    {
      incident: { ...incident, title: nasty, processes },
      guidance: guidanceOf(incident, new Map()),
      prevention: nasty,
    },
    [{ path: nasty, what: nasty }],
  );
  expect(page).not.toContain('<img');
  expect(page).not.toContain('\u001b');
  expect(page).toContain("default-src 'none'");
  for (const tag of ['ul', 'li', 'section', 'table'])
    expect(page.split(`<${tag}>`).length + page.split(`<${tag} `).length - 1, tag).toBe(
      page.split(`</${tag}>`).length,
    );
});
