import { type EventView, eventTypeByName } from '@runward/events';
import {
  type TestEvent,
  testContainer,
  testExecutable,
  testProcess,
  testView,
} from '@runward/events/testing';
import { parseWorkloadKey, type WorkloadProfile } from '@runward/policy';
import { describe, expect, test } from 'vitest';
import { LEARNT_CALLS } from './actions/index.js';
import { LIMITS } from './builder/limits.js';
import { Observer } from './observer.js';

const HOST_MNT = 4026531841;
const START = 1_800_000_000_000;
const container = testContainer({ createdAtNs: 0n, startedAtNs: 0n });
const inside = { mntNs: 4026532001, cgroupId: 7n };
const nginx = testProcess({
  pid: 500,
  vpid: 1,
  comm: 'nginx',
  args: ['nginx', '-g', 'daemon off;'],
  executable: testExecutable({ path: '/usr/sbin/nginx' }),
  ...inside,
});

function key(text: string) {
  const parsed = parseWorkloadKey(text);
  if (parsed.kind === 'problem') throw new Error(parsed.message);
  return parsed.key;
}

function observer(earlier?: WorkloadProfile, session = 's1'): Observer {
  const made = new Observer({ session, hostMntNs: HOST_MNT });
  made.add({ key: key('web'), earlier });
  return made;
}

/** A call by nginx that succeeds, unless told otherwise. */
const event = (facts: TestEvent): EventView => testView({ container, process: nginx, ...facts });
const opened = (path: string, facts: TestEvent = {}): EventView =>
  event({ type: 'openat', paths: [path], fd: 3, result: 3, objectKind: 'file', ...facts });

function learnt(...views: readonly EventView[]): WorkloadProfile {
  const subject = observer();
  for (const view of views) subject.observe(view, START);
  const profile = subject.profile('web');
  if (profile === undefined) throw new Error('nothing was learnt');
  return profile;
}

describe('a profile has', () => {
  test('programs with parents and arguments, and the script behind an interpreter', () => {
    const shell = testProcess({
      pid: 501,
      comm: 'start.sh',
      args: ['/bin/sh', '/opt/start.sh', 'now'],
      parent: nginx,
      executable: testExecutable({ path: '/usr/bin/dash' }),
      ...inside,
    });
    const { processes } = learnt(event({ type: 'execve' }), event({ type: 'execve', process: shell }));
    expect(processes.map(({ path, parent, argumentSamples }) => [path, parent, argumentSamples])).toEqual([
      ['/opt/start.sh', '/usr/sbin/nginx', ['/opt/start.sh now']],
      ['/usr/bin/dash', '/usr/sbin/nginx', ['/opt/start.sh now']],
      ['/usr/sbin/nginx', '', ['-g daemon off;']],
    ]);
  });

  test.each([
    [opened('/etc/passwd'), '/etc/passwd', ['read']],
    [opened('/var/log/a', { openFlags: 1 }), '/var/log/a', ['write']],
    [opened('/tmp/x', { openFlags: 0o102, openCreated: true }), '/tmp/x', ['read', 'write', 'create']],
    [
      opened('/data/made-if-need-be', { openFlags: 0o102 }),
      '/data/made-if-need-be',
      ['read', 'write', 'create'],
    ],
    [opened('/etc/read-only', { openFlags: 0o100 }), '/etc/read-only', ['read']],
    [opened('/proc/1/status'), '/proc/self/status', ['read']],
    [opened('/proc/77/task/78/stat'), '/proc/[pid]/task/[tid]/stat', ['read']],
    [event({ type: 'unlinkat', paths: ['/tmp/x'] }), '/tmp/x', ['delete']],
    [event({ type: 'mkdir', paths: ['/tmp/d'] }), '/tmp/d', ['create']],
    [event({ type: 'mmap', args: [0, 4096, 5], paths: ['/lib/a.so'] }), '/lib/a.so', ['execute']],
  ])('files with what was done: %#', (view, path, operations) => {
    const file = learnt(view).files.find((f) => f.path === path);
    expect(file).toMatchObject({
      operations,
      by: ['/usr/sbin/nginx'],
      count: 1,
      startup: true,
      steady: false,
    });
  });

  test('both names of a rename', () => {
    const { files } = learnt(event({ type: 'rename', paths: ['/data/a.tmp', '/data/a'] }));
    const renamed = files.filter((f) => f.operations.includes('rename')).map((f) => f.path);
    expect(renamed).toEqual(['/data/a', '/data/a.tmp']);
  });

  test.each([
    [
      event({
        type: 'connect',
        result: -115,
        socketFamily: 2,
        objectKind: 'ipv4',
        transport: 'tcp',
        remoteIp: '10.1.2.3',
        remotePort: 5432,
      }),
      ['connect', 'ipv4', 'tcp', '10.1.2.3', 5432],
    ],
    [event({ type: 'socket', args: [10, 0x80801, 0] }), ['create', 'ipv6', 'tcp', '', 0]],
    [
      event({ type: 'listen', socketFamily: 2, transport: 'tcp', localIp: '0.0.0.0', localPort: 8080 }),
      ['listen', 'ipv4', 'tcp', '0.0.0.0', 8080],
    ],
    [
      event({
        type: 'accept4',
        socketFamily: 2,
        transport: 'tcp',
        remoteIp: '10.9.9.9',
        remotePort: 40123,
        localPort: 80,
      }),
      ['accept', 'ipv4', 'tcp', '10.9.9.9', 80],
    ],
    [
      event({ type: 'connect', socketFamily: 1, objectKind: 'unix', unixPath: '/run/db.sock' }),
      ['connect', 'unix', 'other', '/run/db.sock', 0],
    ],
  ])('sockets: %#', (view, expected) => {
    const [seen] = learnt(view).network;
    expect([seen?.operation, seen?.family, seen?.protocol, seen?.address, seen?.port]).toEqual(expected);
  });

  test.each([
    [event({ type: 'mount', paths: ['/mnt'] }), 'SYS_ADMIN', 'mount'],
    [event({ type: 'socket', args: [2, 3, 1] }), 'NET_RAW', undefined],
    [event({ type: 'chown', paths: ['/data'], args: [0, 101, 101] }), 'CHOWN', undefined],
    [event({ type: 'setuid', args: [101] }), 'SETUID', undefined],
    [
      event({ type: 'bind', socketFamily: 2, transport: 'tcp', localPort: 80 }),
      'NET_BIND_SERVICE',
      undefined,
    ],
    [event({ type: 'unshare', args: [0x10000000] }), undefined, 'unshare-user'],
    [opened('/home/x', { fileUid: 1000, fileMode: 0o100600 }), 'DAC_OVERRIDE', undefined],
    [opened('/proc/sys/kernel/core_pattern', { openFlags: 1 }), undefined, 'core-pattern sysctl'],
    [event({ type: 'connect', socketFamily: 1, unixPath: '/run/docker.sock' }), undefined, 'runtime-socket'],
  ])('capabilities and handles of the kernel: %#', (view, capability, handle) => {
    const { capabilities, kernelSurface } = learnt(view);
    expect(capabilities.map((c) => c.name)).toEqual(capability === undefined ? [] : [capability]);
    expect(capabilities.every((c) => c.evidence === 'inferred')).toBe(true);
    expect(kernelSurface.map((s) => s.name)).toEqual(handle?.split(' ') ?? []);
  });

  test('system calls by name', () => {
    expect(learnt(opened('/a'), event({ type: 'setsid' })).syscalls.map((s) => s.name)).toEqual([
      'openat',
      'setsid',
    ]);
  });
});

test('binding a unix socket to a path makes a file', () => {
  const facts = { type: 'bind', socketFamily: 1, objectKind: 'unix', unixPath: '/run/db.sock' } as const;
  expect(learnt(event(facts)).files.find((f) => f.path === '/run/db.sock')?.operations).toEqual(['create']);
  expect(learnt(event({ ...facts, result: -98 })).files.map((f) => f.path)).not.toContain('/run/db.sock');
});

test('a connection nobody answers was tried, one that is not allowed was not', () => {
  const connect = (result: number): EventView =>
    event({
      ...{ type: 'connect', result, socketFamily: 2, objectKind: 'ipv4', transport: 'tcp' },
      ...{ remoteIp: '10.1.2.3', remotePort: 5432 },
    });
  expect([-115, -111, -13, -1].map((result) => learnt(connect(result)).network.length)).toEqual([1, 1, 0, 0]);
});

test('what the kernel counts is noted, and nothing is inferred where it counts capabilities', () => {
  const subject = new Observer({
    session: 's',
    hostMntNs: HOST_MNT,
    callsCounted: true,
    capabilitiesCounted: true,
  });
  subject.add({ key: key('web') });
  subject.observe(event({ type: 'chown', paths: ['/data'], args: [0, 101, 101] }), START);
  subject.saw(container, { calls: ['getpid'], capabilities: ['FOWNER'] }, START);
  subject.saw(testContainer({ name: 'db', id: 'f'.repeat(64) }), { calls: ['bpf'], capabilities: [] }, START);
  const profile = subject.profile('web');
  expect(profile?.capabilities.map(({ name, evidence }) => [name, evidence])).toEqual([['FOWNER', 'seen']]);
  expect(profile?.syscalls.map((s) => s.name)).toEqual(['chown', 'getpid']);
  expect(profile?.coverage.callsCounted).toBe(true);
});

describe('left out is', () => {
  test('what failed, what the runtime does before the program, and other containers', () => {
    const init = { ...nginx, mntNs: HOST_MNT };
    const other = testContainer({ name: 'db', id: 'f'.repeat(64) });
    const { files } = learnt(
      opened('/a', { result: -13 }),
      event({ type: 'mount', paths: ['/proc'], process: init }),
      opened('/b', { container: other }),
    );
    expect(files.map((f) => f.path)).toEqual(['/usr/sbin/nginx']);
  });
});

describe('coverage', () => {
  test('tells start-up from steady state, and knows when a start was watched', () => {
    const subject = observer();
    subject.observe(event({ type: 'execve' }), START);
    subject.observe(opened('/etc/app.conf'), START + 59_000);
    subject.observe(opened('/data/a'), START + 61_000);
    subject.advance(START + 100_000);
    const profile = subject.profile('web');
    expect(profile?.coverage).toMatchObject({ replicas: 1, starts: 1, sessions: 1, watchedMs: 100_000 });
    expect(profile?.coverage.lastNewMs).toBe(START + 61_000);
    const phases = profile?.files.map((f) => [f.path, f.startup, f.steady]);
    expect(phases).toContainEqual(['/etc/app.conf', true, false]);
    expect(phases).toContainEqual(['/data/a', false, true]);
  });

  test('a later session goes on where the first one ended', () => {
    const first = observer();
    first.observe(event({ type: 'execve' }), START);
    first.observe(opened('/a'), START + 10_000);
    const second = observer(first.profile('web'), 's2');
    second.lost(3);
    second.observe(opened('/a'), START + 70_000);
    second.observe(opened('/a', { container: testContainer({ id: 'b'.repeat(64) }) }), START + 75_000);
    second.advance(START + 75_000);
    const profile = second.profile('web');
    expect(profile?.coverage).toMatchObject({
      replicas: 2,
      starts: 1,
      sessions: 2,
      watchedMs: 15_000,
      lostRecords: 3,
      lastNewMs: START + 10_000,
    });
    expect(profile?.files.find((f) => f.path === '/a')).toMatchObject({ count: 3, replicas: 2 });
  });
});

test('memory is bounded: a directory of names becomes one, and what is left out is told', () => {
  const subject = observer();
  for (let i = 0; i < 2 * LIMITS.filesPerDirectory; i += 1) subject.observe(opened(`/data/${i}`), START);
  for (let i = 0; i < LIMITS.files; i += 1) subject.observe(opened(`/d${i}/x`), START);
  const profile = subject.profile('web');
  expect(profile?.files.length).toBe(LIMITS.files);
  expect(profile?.files.map((f) => f.path)).toContain('/data/*');
  expect(profile?.coverage.omitted).toEqual({ files: expect.any(Number) });
});

test('every call that says something is one the sensor knows', () => {
  for (const name of LEARNT_CALLS) expect(eventTypeByName.has(name), name).toBe(true);
});
