import { fieldCatalogue } from '@runward/events';
import { type TestEvent, testContainer, testView } from '@runward/events/testing';
import { loadRules } from '@runward/rules';
import { expect, test } from 'vitest';
import type { Detection } from './detection.js';
import { Detector, type DetectorOptions } from './detector.js';

const RULES = `- rule: Reads a secret
  desc: d
  condition: evt.type = openat and fd.name = /etc/shadow
  output: read
  priority: WARNING
- rule: Opens below etc
  desc: d
  condition: evt.type in (openat, open) and fd.name startswith /etc/
  output: opened
  priority: NOTICE
- rule: Switched off
  desc: d
  condition: evt.type = openat
  output: off
  priority: NOTICE
  enabled: false
`;

function judge(events: readonly TestEvent[], options: Partial<DetectorOptions> = {}): readonly string[] {
  const { value } = loadRules([{ name: 'rules.yaml', text: RULES }], { catalogue: fieldCatalogue });
  if (value === undefined) throw new TypeError('the rules do not load');
  const detector = new Detector(value, { host: false, allMatches: false, ...options });
  const found: string[] = [];
  for (const event of events) detector.judge(testView(event), (d) => found.push(d.rule));
  return found;
}

const container = testContainer();
const shadow: TestEvent = {
  ...{ type: 'openat', paths: ['/etc/shadow'], fd: 3, objectKind: 'file', container },
};

test('the first rule that matches is reported, in the order of the file', () => {
  expect(judge([shadow, { ...shadow, paths: ['/etc/passwd'] }, { ...shadow, paths: ['/tmp/x'] }])).toEqual([
    'Reads a secret',
    'Opens below etc',
  ]);
});

test('every rule that matches is reported when asked for', () => {
  expect(judge([shadow], { allMatches: true })).toEqual(['Reads a secret', 'Opens below etc']);
});

test('events of the host are judged only when asked for', () => {
  const { container: _, ...onHost } = shadow;
  expect(judge([onHost])).toEqual([]);
  expect(judge([onHost], { host: true })).toEqual(['Reads a secret']);
});

test('an event no rule is about is left alone', () => {
  expect(judge([{ ...shadow, type: 'unlink' }])).toEqual([]);
});

const CHAINS = `- sequence: Reads, then runs
  desc: d
  priority: ERROR
  output: "%read.fd.name then %proc.name"
  by: process
  within: 5s
  steps:
    - { name: read, rule: Reads a secret }
    - { name: run, condition: evt.type = execve }
- threshold: Opens much
  desc: d
  priority: NOTICE
  output: "%count"
  by: container
  within: 5s
  condition: evt.type = openat
  at_least: 2
`;

test('sequences and thresholds are found beside rules, whichever rule is the first', () => {
  const files = [{ name: 'rules.yaml', text: RULES + CHAINS }];
  const { value } = loadRules(files, { catalogue: fieldCatalogue });
  if (value === undefined) throw new TypeError('the rules do not load');
  const judgeAll = (allMatches: boolean): readonly Detection[] => {
    const detector = new Detector(value, { host: false, allMatches });
    const found: Detection[] = [];
    const at = (ms: number): bigint => 1_800_000_000_000_000_000n + BigInt(ms) * 1_000_000n;
    const events: readonly TestEvent[] = [
      { ...shadow, timeNs: at(0) },
      { ...shadow, timeNs: at(10), paths: ['/tmp/x'] },
      { ...shadow, timeNs: at(2500), type: 'execve', number: 7 },
    ];
    for (const event of events) detector.judge(testView(event), (d) => found.push(d));
    detector.endContainer(container.id);
    expect(detector.correlations).toEqual({ groups: 0, bytes: 0, evicted: 0 });
    return found;
  };
  const found = judgeAll(false);
  expect(found.map((d) => d.rule)).toEqual(['Reads a secret', 'Opens much', 'Reads, then runs']);
  expect(judgeAll(true).map((d) => d.rule)).toEqual([
    ...['Reads a secret', 'Opens below etc', 'Opens much', 'Reads, then runs'],
  ]);
  const [, threshold, sequence] = found;
  expect(threshold?.correlation).toMatchObject({
    kind: 'threshold',
    by: 'container',
    count: 2,
    withinMs: 5000,
  });
  expect(sequence).toMatchObject({
    ...{ output: '/etc/shadow then cat', priority: 'Error', event: { type: 'execve', number: 7 } },
    output_fields: { 'read.fd.name': '/etc/shadow', 'proc.name': 'cat' },
    correlation: {
      ...{ kind: 'sequence', firstTime: '2027-01-15T08:00:00.000000000Z' },
      steps: [
        { step: 'read', type: 'openat', time: '2027-01-15T08:00:00.000000000Z', container: container.id },
        { step: 'run', type: 'execve', time: '2027-01-15T08:00:02.500000000Z', pid: 100, name: 'cat' },
      ],
    },
  });
  expect(structuredClone(sequence)).toEqual(sequence);
});
