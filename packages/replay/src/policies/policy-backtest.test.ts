import type { ContainerInfo, EventView } from '@runward/events';
import { testContainer, testExecutable, testProcess, testView } from '@runward/events/testing';
import { inMode, type RuntimePolicy } from '@runward/policy';
import { testPolicy } from '@runward/policy/testing';
import { describe, expect, test } from 'vitest';
import type { FileResult } from '../engine/messages.js';
import { PolicyBacktest } from './policy-backtest.js';
import type { PolicyBacktestReport } from './report.js';
import { summarizePolicyBacktest } from './summary.js';

const outside = testProcess({ pid: 9, cgroupId: 7n, mntNs: 1 });
const nginx = testProcess({
  executable: testExecutable({ path: '/usr/sbin/nginx' }),
  ...{ cgroupId: 5n, mntNs: 2, parent: outside },
});
const web = testContainer({ id: 'a'.repeat(64), name: 'web' });
const db = testContainer({ id: 'b'.repeat(64), name: 'db' });
const at = (container: ContainerInfo, event: Parameters<typeof testView>[0], process = nginx): EventView =>
  testView({ container, process, ...event });
const opened = (path: string, openFlags = 0, fileUid = 0): Parameters<typeof testView>[0] => ({
  ...{ type: 'openat', paths: [path], objectKind: 'file', result: 3, openFlags, fileUid },
});

const policy = (spec: string, name = 'p'): RuntimePolicy =>
  inMode(testPolicy(spec, name, { warnings: true }), 'protect');

interface Options {
  readonly against?: readonly RuntimePolicy[];
  readonly tried?: readonly string[];
  readonly everywhere?: boolean;
  readonly eventTypes?: readonly string[];
}

function backtest(
  policies: readonly RuntimePolicy[],
  views: readonly EventView[],
  {
    against,
    tried = policies.map(({ name }) => name),
    everywhere = false,
    eventTypes = ['openat'],
  }: Options = {},
): PolicyBacktestReport {
  const trial = { policies, against, tried: new Set(tried), everywhere };
  const coverage = {
    ...{ eventTypes: new Set(eventTypes), missingFields: new Set<string>(), scope: 'containers' as const },
    ...{ fromNs: undefined, toNs: undefined },
  };
  const subject = new PolicyBacktest(trial, coverage);
  for (const view of views) subject.judge(view);
  return subject.report();
}

/** `label: workload count`, of each line. */
const denials = ({ lines }: PolicyBacktestReport): readonly string[] =>
  lines.flatMap(({ policy: name, label, workloads }) =>
    workloads.map(({ workload, denied }) => `${name} ${label}: ${workload.container} ${denied.count}`),
  );

const ETC = 'file: { deny: [{ directory: /etc, operations: [read] }, /srv/x] }';

describe('a backtest of policies', () => {
  test('counts what each line would have denied, per workload, with examples', () => {
    const report = backtest(
      [policy(ETC)],
      [opened('/etc/a'), opened('/etc/a'), opened('/etc/b'), opened('/var/x'), opened('/srv/x', 1)]
        .map((e) => at(web, e))
        .concat(at(db, opened('/etc/a'))),
    );
    expect(denials(report)).toEqual([
      'p file deny /etc: web 3',
      'p file deny /etc: db 1',
      'p file deny /srv/x: web 1',
    ]);
    expect(report.lines[0]?.workloads[0]?.denied.examples).toEqual([
      '/usr/sbin/nginx read owned /etc/a',
      '/usr/sbin/nginx read owned /etc/b',
    ]);
    expect([report.actions, report.denied, report.cached]).toEqual([6, 5, 2]);
  });

  test('asks only the sections that are in protect, of containers that are selected', () => {
    const learning = policy('selector: { containerNames: [web] }\nfile: { mode: learn, deny: [/etc/a] }');
    expect(backtest([learning], [at(web, opened('/etc/a'))]).actions).toBe(0);
    const selective = policy(`selector: { containerNames: [web] }\n${ETC}`);
    const report = backtest([selective], [at(web, opened('/etc/a')), at(db, opened('/etc/a'))]);
    expect(denials(report)).toEqual(['p file deny /etc: web 1']);
    expect([report.containers.length, report.selected.length]).toEqual([2, 1]);
    expect(denials(backtest([selective], [at(db, opened('/etc/a'))], { everywhere: true }))).toHaveLength(1);
  });

  test('leaves out what the runtime does while it makes the container, and the host', () => {
    const making = testProcess({ ...{ cgroupId: 5n, mntNs: 1, parent: outside } });
    const mount = { type: 'mount', result: 0, paths: ['/proc'] } as const;
    const strict = policy('kernelSurface: { default: deny }');
    expect(denials(backtest([strict], [at(web, mount, making)]))).toEqual([]);
    expect(denials(backtest([strict], [at(web, mount)]))).toEqual(['p kernelSurface default: web 1']);
    expect(backtest([strict], [testView({ ...mount, process: nginx })]).containers).toEqual([]);
  });

  test('tells only what is not denied already, when what is in force is given', () => {
    const before = [policy('file: { deny: [/etc/a] }', 'old'), testPolicy(ETC)];
    const after = [policy('file: { deny: [/etc/a] }', 'old'), policy(ETC)];
    const views = [at(web, opened('/etc/a')), at(web, opened('/etc/b'))];
    const report = backtest(after, views, { against: before, tried: ['p'] });
    expect(denials(report)).toEqual(['p file deny /etc: web 1']);
  });

  test('an allow line of another policy in force counts', () => {
    const both = [policy('file: { default: deny, allow: [/a] }'), policy('file: { allow: [/b] }', 'more')];
    const views = ['/a', '/b', '/c'].map((path) => at(web, opened(path)));
    expect(denials(backtest(both, views))).toEqual(['p file default: web 1']);
  });

  test('says how often the answer hangs on whose the file was', () => {
    const own = policy('file: { deny: [{ path: /x, ownerOnly: true }, /y] }');
    const unknown = (path: string) => at(web, { ...opened(path), fileUid: undefined });
    const { lines } = backtest([own], [unknown('/x'), unknown('/y'), at(web, opened('/x', 0, 33))]);
    expect(lines.map(({ label, workloads }) => [label, workloads[0]?.uncertain])).toEqual([
      ['file deny /x', 1],
      ['file deny /y', 0],
    ]);
  });

  test('says what the events do not show, of the sections it asks', () => {
    const { unobservable } = backtest([policy('process: { drift: deny }')], [], { eventTypes: ['execve'] });
    expect(unobservable).toEqual([
      { section: 'process', notes: [expect.stringContaining('sha256'), expect.stringContaining('execveat')] },
    ]);
  });
});

test('reports of several files add up, and a note that not all of them have says so', () => {
  const one = backtest([policy(ETC)], [at(web, opened('/etc/a'))]);
  const two = backtest([policy(ETC)], [at(web, opened('/etc/b')), at(db, opened('/etc/b'))], {
    eventTypes: [
      'openat',
      'open',
      'openat2',
      'unlinkat',
      'renameat2',
      'mkdirat',
      'linkat',
      'fchmodat',
      'fchownat',
      'mmap',
    ],
  });
  const file = (policyReport: PolicyBacktestReport): FileResult => ({
    ...{
      path: 'r',
      events: 9,
      malformed: 0,
      skipped: [],
      gaps: [],
      complete: true,
      detections: 0,
      limits: [],
    },
    ...{ fromNs: 0n, toNs: 3_600_000_000_000n, noise: { grouped: 0, limited: 0 }, cpuSeconds: 1, seconds: 1 },
    ...{ report: undefined, policyReport },
  });
  const summary = summarizePolicyBacktest([file(one), file(two)]);
  expect(summary).toMatchObject({ events: 18, denied: 3, containers: 2, selected: 2 });
  expect(summary.lines).toMatchObject([{ label: 'file deny /etc', denied: 3, perHour: 1.5 }]);
  expect(
    summary.lines[0]?.workloads.map(({ workload, denied }) => [workload.container, denied.count]),
  ).toEqual([
    ['web', 2],
    ['db', 1],
  ]);
  const [notes] = summary.unobservable;
  expect(notes?.notes).toEqual([
    expect.not.stringContaining('of 2 files'),
    expect.stringMatching(/it has no events .* \(1 of 2 files\)$/),
  ]);
});
