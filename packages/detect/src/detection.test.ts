import { EventFlag, fieldCatalogue, type ProcessInfo } from '@runward/events';
import { testContainer, testLineage, testPod, testProcess, testView } from '@runward/events/testing';
import { compileRules, loadRules } from '@runward/rules';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Detection, describeDetection, summarizeAncestors } from './detection.js';
import { formatTime } from './time-text.js';

describe('a time', () => {
  test.each([
    [0n, '1970-01-01T00:00:00.000000000Z'],
    [1n, '1970-01-01T00:00:00.000000001Z'],
    [999_999_999n, '1970-01-01T00:00:00.999999999Z'],
    [1_800_000_000_123_456_789n, '2027-01-15T08:00:00.123456789Z'],
    [951_782_400_000_000_001n, '2000-02-29T00:00:00.000000001Z'],
  ])('of %d ns', (timeNs, text) => {
    expect(formatTime(timeNs)).toBe(text);
  });

  test('keeps its nanoseconds and its order', () => {
    const time = fc.bigInt(0n, 4_000_000_000_000_000_000n);
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [x, y] = [formatTime(a), formatTime(b)];
        expect(BigInt(Date.parse(`${x.slice(0, 19)}Z`)) * 1_000_000n + BigInt(x.slice(20, 29))).toBe(a);
        expect(x < y).toBe(a < b);
      }),
    );
  });
});

function detect(view: ReturnType<typeof testView>): Detection {
  const text = `- rule: Read secrets
  desc: d
  condition: evt.type = openat and fd.name = /etc/shadow
  output: "file=%fd.name by=%user.name missing=%fd.sip"
  priority: WARNING
  tags: [T1003, container]
`;
  const { value } = loadRules([{ name: 'rules.yaml', text }], { catalogue: fieldCatalogue });
  if (value === undefined) throw new TypeError('the rule does not load');
  const found: Detection[] = [];
  compileRules(value, { catalogue: fieldCatalogue }).matcher('openat')?.(view, (rule) => {
    found.push(describeDetection(rule, view));
  });
  const [detection, ...more] = found;
  if (detection === undefined || more.length > 0) throw new TypeError(`${found.length} detections`);
  return detection;
}

describe('a detection', () => {
  const container = testContainer({ pod: testPod(), privileged: undefined });
  const process = { ...testLineage('cat', 'bash', 'nginx'), uid: 1000 };
  const detection = detect(
    testView({ paths: ['/etc/shadow'], fd: 3, objectKind: 'file', number: 42, cpu: 1, process, container }),
  );

  test('says what, when, where and how bad', () => {
    expect(detection).toMatchObject({
      time: '2027-01-15T08:00:00.123456789Z',
      rule: 'Read secrets',
      source: 'syscall',
      hostname: 'test-host',
      tags: ['T1003', 'container'],
      event: { type: 'openat', number: 42, cpu: 1 },
    });
    expect(detection.priority.toLowerCase()).toBe('warning');
    expect(detection.output).toContain('file=/etc/shadow by=');
    expect(detection.output_fields).toMatchObject({ 'fd.name': '/etc/shadow', 'fd.sip': null });
  });

  test('says who: the process by the names of its container, its ancestors nearest first', () => {
    expect(detection.process).toMatchObject({ name: 'cat', exe: '/usr/bin/cat', uid: 1000, user: 'ann' });
    expect(detection.ancestors.map((a) => a.name)).toEqual(['bash', 'nginx']);
    expect(detection.container).toMatchObject({
      name: 'web',
      pod: 'shop-7d9c',
      namespace: 'prod',
      privileged: null,
    });
  });

  test('of the host has no container', () => {
    const host = detect(testView({ paths: ['/etc/shadow'], fd: 3, objectKind: 'file' }));
    expect(host.container).toBeNull();
  });

  test.each([
    ['callerMemory', EventFlag.callerMemory],
    ['truncated', EventFlag.truncated],
    ['compat32', EventFlag.compat32],
    ['ioUring', EventFlag.ioUring],
  ] as const)('marks %s', (name, flag) => {
    const { event } = detect(testView({ paths: ['/etc/shadow'], fd: 3, objectKind: 'file', flags: flag }));
    const marks = { callerMemory: false, truncated: false, compat32: false, ioUring: false, [name]: true };
    expect(event).toMatchObject(marks);
  });

  test('is plain data: it crosses threads and is written as JSON', () => {
    expect(structuredClone(detection)).toEqual(detection);
    expect(JSON.parse(JSON.stringify(detection))).toEqual(detection);
  });
});

test('a very long ancestry is cut', () => {
  let process: ProcessInfo = testProcess({ pid: 1 });
  for (let pid = 2; pid < 100; pid += 1) process = testProcess({ pid, parent: process });
  expect(summarizeAncestors(process, true).map((a) => a.pid)).toEqual(
    Array.from({ length: 16 }, (_, i) => 98 - i),
  );
});

test('keeps the arguments of processes outside the container to itself', () => {
  const host = testProcess({ pid: 10, args: ['runtime', '--token', 'secret'], cgroupId: 1n });
  const shell = testProcess({ pid: 11, args: ['sh', '-c', 'x'], cgroupId: 2n, parent: host });
  const process = testProcess({ pid: 12, cgroupId: 2n, parent: shell });
  expect(summarizeAncestors(process, true).map((a) => a.args)).toEqual([['sh', '-c', 'x'], []]);
  expect(summarizeAncestors(process, false).map((a) => a.args)).toEqual([
    ['sh', '-c', 'x'],
    ['runtime', '--token', 'secret'],
  ]);
});
