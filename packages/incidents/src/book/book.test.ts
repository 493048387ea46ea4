import { describe, expect, test } from 'vitest';
import { entriesOf, type Incident } from '../incident/incident.js';
import { readIncident } from '../incident/read-incident.js';
import { type Facts, NOON_MS, testSighting } from '../testing/detections.js';
import { IncidentBook } from './book.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const SECRET: Facts = {
  rule: 'Secret read',
  tags: ['mitre_credential_access', 'T1552.001'],
  priority: 'Error',
};
const AWAY: Facts = {
  rule: 'Away',
  tags: ['mitre_command_and_control'],
  priority: 'Critical',
  exe: '/usr/bin/nc',
};

function told(...facts: readonly Facts[]): {
  readonly book: IncidentBook;
  readonly incidents: readonly Incident[];
} {
  const book = new IncidentBook();
  for (const each of facts) book.take(testSighting(each));
  return { book, incidents: book.list() };
}

describe('what belongs together', () => {
  const together: readonly (readonly [string, readonly Facts[], number])[] = [
    ['the stages of an attack in one container', [{}, { ...SECRET, atMs: 5000 }, { ...AWAY, atMs: 9000 }], 1],
    [
      'something else in the container after an hour of quiet does not',
      [{}, { ...SECRET, atMs: HOUR + 1 }],
      2,
    ],
    ['the same rule in it does, the same day', [{}, { atMs: 20 * HOUR }], 1],
    ['the same rule in it a day later does not', [{}, { atMs: 24 * HOUR + 1 }], 2],
    [
      'replicas of a workload that are hit by the same thing',
      [
        { container: 'a', name: 'web', pod: 'web-5d9c7b8f4d-x2x4z' },
        { container: 'b', name: 'web', pod: 'web-5d9c7b8f4d-k8vqq', atMs: 1000 },
      ],
      1,
    ],
    [
      'replicas that are hit by different things do not',
      [
        { container: 'a', name: 'web', pod: 'web-0' },
        { container: 'b', name: 'web', pod: 'web-1', ...SECRET },
      ],
      2,
    ],
    ['the same thing in another workload does not', [{ container: 'a' }, { container: 'b' }], 2],
    [
      'what a process of the incident starts elsewhere',
      [
        { container: 'a', pid: 77, exe: '/usr/bin/nsenter' },
        { container: null, ...SECRET, pid: 80, ancestors: [{ pid: 77, exe: '/usr/bin/nsenter' }], atMs: 10 },
      ],
      1,
    ],
    [
      'parents they merely share do not',
      [
        {
          container: 'a',
          ancestors: [
            { pid: 1, exe: '/sbin/init' },
            { pid: 9, exe: '/usr/bin/shim' },
          ],
        },
        { container: 'b', ...SECRET, ancestors: [{ pid: 9, exe: '/usr/bin/shim' }] },
      ],
      2,
    ],
  ];
  test.each(together)('%s', (_, facts, count) => {
    expect(told(...facts).incidents).toHaveLength(count);
  });

  test('stages, severity, containers and processes grow with what is seen', () => {
    const { incidents } = told(
      {},
      { ...SECRET, atMs: 1000, pid: 101, exe: '/bin/cat', ancestors: [{ pid: 100, exe: '/bin/sh' }] },
      { ...AWAY, atMs: 2000 },
    );
    const [incident] = incidents;
    expect(incident).toMatchObject({
      ...{ state: 'open', severity: 'critical', score: 100, count: 3 },
      title: 'Execution, Credential Access, Command and Control in c1',
      stages: [{ tactic: 'execution' }, { tactic: 'credential_access' }, { tactic: 'command_and_control' }],
      techniques: ['T1059', 'T1552.001'],
      containers: [{ id: 'c1', count: 3 }],
    });
    expect(incident?.processes.find(({ pid }) => pid === 101)?.parent).toBe('100:/bin/sh');
    const severities = incident?.changes.filter(({ what }) => what === 'severity').map(({ to }) => to);
    expect(severities).toEqual(['high', 'critical']);
  });

  test('what is of little urgency opens nothing, and says more of what is there', () => {
    const peer: Facts = { rule: 'New peer', priority: 'Informational', tags: [] };
    const { book, incidents } = told(peer, {}, { ...peer, atMs: 1 });
    expect([incidents.length, incidents[0]?.count, book.stats.unattached]).toEqual([1, 2, 1]);
  });

  test('a summary of a group counts those that were not told by themselves', () => {
    expect(told({}, { count: 500, atMs: 1000 }).incidents[0]).toMatchObject({
      count: 500,
      rules: [{ count: 500 }],
    });
  });

  test('a million of the same are one incident of a few entries', () => {
    const { book } = told({});
    for (let i = 0; i < 1000; i += 1)
      book.take(testSighting({ atMs: i * 100, output: `shell ${i}`, count: 1001 }));
    const [incident] = book.list();
    expect(incident?.count).toBe(1 + 1_000_000);
    expect(entriesOf(incident as Incident)).toHaveLength(100);
    const left = Object.values(incident?.leftOut.timeline ?? {}).reduce((sum, n) => sum + n, 0);
    const kept = entriesOf(incident as Incident).reduce((sum, { count }) => sum + count, 0);
    expect(left + kept).toBe(incident?.count);
  });

  test('the first of each rule stays on the time line, whatever noise there is', () => {
    const { book } = told({});
    for (let i = 0; i < 500; i += 1) book.take(testSighting({ atMs: i, output: `shell ${i}` }));
    book.take(testSighting({ ...SECRET, atMs: 600 }));
    for (let i = 0; i < 500; i += 1) book.take(testSighting({ atMs: 700 + i, output: `shell ${i}` }));
    expect(entriesOf(book.list()[0] as Incident).filter(({ rule }) => rule === 'Secret read')).toHaveLength(
      1,
    );
  });
});

describe('states', () => {
  const open = (): { readonly book: IncidentBook; readonly id: string } => {
    const { book, incidents } = told({});
    return { book, id: incidents[0]?.id ?? '' };
  };

  test('an assignee investigates; notes and reasons are kept with who and when', () => {
    const { book, id } = open();
    book.assign(id, 'ada', 'root', NOON_MS + 1);
    book.note(id, ' looked at it ', 'ada', NOON_MS + 2);
    const incident = book.resolve(id, 'test of an operator', 'ada', NOON_MS + 3);
    expect(incident).toMatchObject({
      ...{
        state: 'resolved',
        assignee: 'ada',
        notes: [{ atMs: NOON_MS + 2, who: 'ada', text: 'looked at it' }],
      },
      changes: [
        ...[
          { what: 'opened' },
          { what: 'assigned', to: 'ada' },
          { what: 'state', from: 'open', to: 'investigating' },
        ],
        { what: 'state', to: 'resolved', why: 'test of an operator', who: 'ada' },
      ],
    });
  });

  test.each([
    ['the same goes on within a day', {}, HOUR, 'open', 1],
    ['something else happens in the container', SECRET, HOUR, 'open', 1],
    ['the same begins again after a day', {}, 24 * HOUR + 2, 'resolved', 2],
    ['something that had happened before is told late', SECRET, -1, 'resolved', 1],
  ] as const)('resolved: %s', (_, facts, afterMs, state, count) => {
    const { book, id } = open();
    book.resolve(id, '', 'ada', NOON_MS + MINUTE);
    const { news } = book.take(testSighting({ ...facts, atMs: MINUTE + afterMs }));
    expect([book.get(id)?.state, book.list().length]).toEqual([state, count]);
    if (state === 'open') {
      expect(news).toBe('reopened');
      expect(book.get(id)?.changes.at(-1)?.why).toContain('it went on after it was resolved');
    }
  });

  test('a false positive takes in the same by the same program, and nothing else', () => {
    const { book, id } = open();
    book.callFalsePositive(id, 'the backup does that', 'ada', NOON_MS + 1);
    book.take(testSighting({ atMs: 1000 }));
    expect(book.get(id)).toMatchObject({ state: 'false-positive', absorbed: 1 });
    book.take(testSighting({ ...SECRET, atMs: 2000 }));
    book.take(testSighting({ atMs: 3000 }));
    book.take(testSighting({ exe: '/tmp/x', atMs: 4000 }));
    expect(book.list()).toHaveLength(2);
    expect(book.get(id)).toMatchObject({ state: 'false-positive', absorbed: 2 });
    expect(
      book
        .list()
        .find((each) => each.id !== id)
        ?.rules.map(({ rule }) => rule),
    ).toEqual(['Secret read', 'Shell']);
  });

  test('contained: more of the same changes nothing, a stage not seen before opens it again', () => {
    const { book, id } = open();
    book.contain(id, 'isolated', 'ada', NOON_MS + 1);
    book.take(testSighting({ atMs: 1000 }));
    expect(book.get(id)?.state).toBe('contained');
    book.take(testSighting({ ...SECRET, atMs: 2000 }));
    expect(book.get(id)?.state).toBe('open');
  });

  test.each([
    ['INCIDENT_UNKNOWN', (book: IncidentBook) => book.find('inc-000')],
    ['INCIDENT_STATE', (book: IncidentBook, id: string) => book.reopen(id, '', 'ada', 0)],
    ['INCIDENT_TEXT_INVALID', (book: IncidentBook, id: string) => book.note(id, ' ', 'ada', 0)],
    ['INCIDENT_TEXT_INVALID', (book: IncidentBook, id: string) => book.assign(id, 'a'.repeat(300), 'ada', 0)],
  ] as const)('%s tells what is wrong and what to do', (code, act) => {
    const { book, id } = open();
    const failed = (): unknown => act(book, id);
    expect(failed).toThrowError(expect.objectContaining({ code, help: expect.stringMatching(/\w/) }));
  });

  test('an id may be cut short as long as it says one', () => {
    const { book, incidents } = told({ container: 'a' }, { container: 'b' });
    const id = incidents[0]?.id ?? '';
    expect(book.find(id.slice(-5)).id).toBe(id);
    expect(() => book.find('inc-')).toThrowError(expect.objectContaining({ code: 'INCIDENT_AMBIGUOUS' }));
  });
});

describe('bounds', () => {
  test('closed ones make room first, then the least severe, and both are counted', () => {
    const book = new IncidentBook({ retention: { most: 3 } });
    const take = (facts: Facts): string => book.take(testSighting(facts)).incident?.id ?? '';
    const critical = take({ container: 'critical', ...AWAY });
    const closed = take({ container: 'closed', ...AWAY, atMs: 10 });
    book.resolve(closed, '', 'ada', NOON_MS + 20);
    const low = take({ container: 'low', atMs: 30 });
    take({ container: 'four', ...SECRET, atMs: 40 });
    expect(book.get(closed)).toBeUndefined();
    take({ container: 'five', ...SECRET, atMs: 50 });
    expect([book.get(low), book.get(critical)?.severity, book.stats.evicted]).toEqual([
      undefined,
      'critical',
      2,
    ]);
    expect(book.takeForgotten()).toEqual([closed, low]);
  });

  test('what is old is forgotten: sooner when it is closed', () => {
    const { book, incidents } = told({ container: 'a' }, { container: 'b' });
    book.resolve(incidents[0]?.id ?? '', '', 'ada', NOON_MS);
    expect(book.sweep(NOON_MS + 31 * 24 * HOUR)).toBe(1);
    expect(book.sweep(NOON_MS + 91 * 24 * HOUR)).toBe(1);
    expect(book.stats).toMatchObject({ incidents: 0, expired: 2 });
  });

  test('an incident that was stored is read again, and goes on', () => {
    const { incidents } = told({}, { ...SECRET, atMs: 1 });
    const reading = readIncident(JSON.stringify(incidents[0]));
    if (!('incident' in reading)) throw new Error(reading.problem);
    const book = new IncidentBook({}, [reading.incident]);
    book.take(testSighting({ ...AWAY, atMs: 2 }));
    expect(book.list()).toMatchObject([{ id: incidents[0]?.id, count: 3, severity: 'critical' }]);
  });

  test.each([
    ['', 'it is not JSON'],
    ['[]', 'it is no JSON object'],
    ['{"format":2}', 'its format is 2; this version knows 1'],
    ['{"format":1,"id":"x"}', 'it is no incident'],
  ])('%j is no stored incident', (text, problem) => {
    expect(readIncident(text)).toEqual({ problem });
  });

  test('each part of a stored incident is looked at', () => {
    const whole = JSON.parse(JSON.stringify(told({}).incidents[0])) as Record<string, unknown>; // our own
    for (const key of Object.keys(whole)) {
      if (key === 'leftOut') continue;
      expect(readIncident(JSON.stringify({ ...whole, [key]: { damaged: [] } })), key).toHaveProperty(
        'problem',
      );
    }
  });
});
