import type { ContainerSummary, Detection, EventRecord, ProcessSummary } from '@runward/agent';
import { falco as detectionJson } from '@runward/outputs/falco';
import { describe, expect, it } from 'vitest';
import { detectionText, eventText } from './detection-text.js';

const plain = (_: string, text: string): string => text;
const marked = (colour: string, text: string): string => `<${colour}>${text}</>`;

const processNamed = (name: string): ProcessSummary => ({
  pid: 42,
  vpid: 1,
  name,
  exe: `/bin/${name}`,
  args: [name, '/etc/shadow'],
  cwd: '/',
  uid: 0,
  user: 'root',
});

const container: ContainerSummary = {
  id: 'abc123abc123abc123abc123',
  name: 'web',
  runtime: 'containerd',
  image: 'docker.io/library/nginx:1.27',
  imageDigest: '',
  privileged: false,
  pod: 'web-0',
  namespace: 'shop',
  problem: '',
};

const detection: Detection = {
  time: '2026-03-01T12:34:56.123456789Z',
  rule: 'Password hashes read',
  priority: 'Critical',
  source: 'syscall',
  hostname: 'node-1',
  output: 'hashes read (file=/etc/shadow)',
  tags: ['T1003.008'],
  output_fields: { 'fd.name': '/etc/shadow', 'user.name': null, 'evt.rawtime': 2n ** 63n },
  container,
  process: processNamed('cat'),
  ancestors: [processNamed('sh'), processNamed('runc')],
  event: {
    type: 'openat',
    number: 7,
    cpu: 1,
    callerMemory: false,
    truncated: false,
    compat32: false,
    ioUring: false,
  },
};

describe('a detection as text', () => {
  it('says when, how severe, which rule, where, by whom and what', () => {
    expect(detectionText(detection, plain)).toBe(
      '12:34:56.123 CRITICAL Password hashes read  web (docker.io/library/nginx:1.27) pod shop/web-0  ' +
        'runc → sh → cat\n    hashes read (file=/etc/shadow)',
    );
  });

  it('colours the severity', () => {
    expect(detectionText(detection, marked)).toContain('<red>CRITICAL</>');
    expect(detectionText({ ...detection, priority: 'Warning' }, marked)).toContain('<yellow>WARNING </>');
  });

  it('shortens a long chain at its far end', () => {
    const ancestors = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(processNamed);
    expect(detectionText({ ...detection, ancestors }, plain)).toContain('… → e → d → c → b → a → cat');
  });

  it('names the host, and says why metadata is missing', () => {
    expect(detectionText({ ...detection, container: null }, plain)).toContain('host  runc → sh → cat');
    const unknown = { ...container, name: '', image: '', pod: '', namespace: '', problem: 'no answer' };
    expect(detectionText({ ...detection, container: unknown }, plain)).toContain(
      `${container.id}  runc → sh → cat  [no answer]`,
    );
  });

  it('stays two lines without control characters, whatever a container puts into it', () => {
    const evil = '\u001b[2J\n12:00:00.000 CRITICAL Forged';
    const text = detectionText(
      {
        ...detection,
        output: evil,
        container: { ...container, name: evil, image: evil, pod: evil, namespace: evil, problem: evil },
        process: processNamed(evil),
        ancestors: [processNamed(evil)],
      },
      plain,
    );
    expect(text.split('\n')).toHaveLength(2);
    expect(text).not.toContain('\u001b');
  });
});

describe('a detection as JSON for consumers of Falco', () => {
  const line = JSON.parse(detectionJson(detection));

  it('has their keys and no others, in their order', () => {
    expect(Object.keys(line)).toEqual([
      'time',
      'rule',
      'priority',
      'source',
      'hostname',
      'output',
      'tags',
      'output_fields',
    ]);
  });

  it('keeps fields without a value, and numbers too large for a number as text', () => {
    expect(line.output_fields).toMatchObject({ 'user.name': null, 'evt.rawtime': '9223372036854775808' });
  });

  it('says whose it is even when the output does not', () => {
    expect(line.output_fields).toMatchObject({
      'container.id': 'abc123abc123',
      'container.name': 'web',
      'k8s.ns.name': 'shop',
      'k8s.pod.name': 'web-0',
    });
    const host = JSON.parse(detectionJson({ ...detection, container: null }));
    expect(host.output_fields).toMatchObject({ 'container.id': 'host', 'container.name': 'host' });
  });
});

const event: EventRecord = {
  time: detection.time,
  number: 7,
  type: 'openat',
  cpu: 0,
  result: -13,
  outcome: 'EACCES',
  args: 'name=/etc/shadow flags=O_RDONLY',
  path: '/etc/shadow',
  name: '/etc/shadow',
  container,
  process: processNamed('cat'),
  parent: 'sh',
  callerMemory: true,
  truncated: false,
  compat32: true,
  ioUring: false,
};

describe('an event as text', () => {
  it('says who did what with which outcome, and what to mind about it', () => {
    expect(eventText(event, plain)).toBe(
      '12:34:56.123 web  sh → cat(42)  openat name=/etc/shadow flags=O_RDONLY EACCES  [caller-memory, 32-bit]',
    );
  });

  it('shows the command of a started program', () => {
    const started = { ...event, type: 'execve', callerMemory: false, compat32: false };
    expect(eventText(started, plain)).toContain('execve /bin/cat cat /etc/shadow');
  });
});

describe('a summary', () => {
  const times = { firstTime: '2026-03-01T12:34:50.000000000Z', lastTime: '2026-03-01T12:34:56.123456789Z' };
  it('of a group says how many and when', () => {
    const grouped: Detection = { ...detection, count: 5, ...times };
    expect(detectionText(grouped, plain)).toContain('5 times from 12:34:50.000 to 12:34:56.123: ');
    expect(JSON.parse(detectionJson(grouped))).toMatchObject({ rule: detection.rule, count: 5, ...times });
  });

  it('of what exceeded the rate says that none of it was reported', () => {
    const limited: Detection = { ...detection, count: 5, ...times, limited: true };
    expect(detectionText(limited, plain)).toContain('5 more not reported from 12:34:50.000');
    expect(JSON.parse(detectionJson(limited))).toMatchObject({ count: 5, limited: true });
  });

  it('leaves no trace in other lines', () => {
    expect(Object.keys(JSON.parse(detectionJson(detection)))).not.toContain('count');
  });
});
