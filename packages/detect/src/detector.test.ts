import { fieldCatalogue } from '@runward/events';
import { type TestEvent, testContainer, testView } from '@runward/events/testing';
import { loadRules } from '@runward/rules';
import { expect, test } from 'vitest';
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
