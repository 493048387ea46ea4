import { compileForKernel, type KernelTables, mergePolicies } from '@runward/policy';
import { testPolicy } from '@runward/policy/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { GuardedKernel } from './guarded-kernel.js';
import { abilitiesOf, FakeKernel } from './testing/fake-kernel.js';

function tablesOf(spec: string): KernelTables {
  const { tables } = compileForKernel(mergePolicies([testPolicy(spec)]));
  if (tables === undefined) throw new Error('it does not compile');
  return tables;
}
const files = tablesOf('mode: protect\nfile:\n  deny: [/etc/shadow]\n');
const programs = tablesOf('mode: protect\nprocess:\n  deny: [/usr/bin/curl]\n');

let kernel = new FakeKernel();
let log: string[] = [];
let said: string[] = [];
let problem = '';

function guarded() {
  kernel.abilities = abilitiesOf('process');
  const guard = {
    load: (set: number) => void log.push(`load ${set}`),
    unload: (set: number) => void log.push(`unload ${set}`),
    bind: ({ pid, set }: { pid: number; set: number }) => {
      log.push(`bind ${pid} to ${set}`);
      return Promise.resolve({
        marked: 1,
        unmarked: pid === 13 ? [{ point: '/nfs', problem: 'a network' }] : [],
      });
    },
    unbind: (pid: number) => void log.push(`unbind ${pid}`),
    counts: () => new Map([[1, { hits: 2, lastMs: 9 }]]),
    onVerdicts: () => undefined,
    onProblem: () => undefined,
    close: () => Promise.resolve(void log.push('close')),
  };
  const source = {
    problem: () => problem,
    start: () => Promise.resolve(void log.push('start')).then(() => guard),
  };
  return GuardedKernel.of(kernel.open(), source, (message) => void said.push(message));
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  [kernel, log, said, problem] = [new FakeKernel(), [], [], ''];
});

describe('files judged beside the kernel', () => {
  test('are an ability where the kernel has none', () => {
    const mechanismOf = () => guarded().abilities.find(({ section }) => section === 'file')?.mechanism;
    expect(mechanismOf()).toBe('fanotify');
    problem = 'no permission events';
    expect(mechanismOf()).toBeUndefined();
  });

  test('begin with the first container whose policies have files, and know all of its sets', async () => {
    const both = guarded();
    const [ofPrograms, ofFiles] = [both.load(programs), both.load(files)];
    both.bind({ cgroups: [1], pid: 11, set: ofPrograms, failClosed: false });
    await settled();
    expect(log).toEqual([]);
    both.bind({ cgroups: [2, 3], pid: 12, set: ofFiles, failClosed: false });
    await settled();
    expect(log).toEqual(['start', `load ${ofFiles}`, `bind 12 to ${ofFiles}`]);
    expect(kernel.bound.size).toBe(3);
  });

  test('end with the binding, also when the next set has none', async () => {
    const both = guarded();
    const [ofFiles, ofPrograms] = [both.load(files), both.load(programs)];
    for (const [cgroup, pid] of [
      [1, 11],
      [2, 12],
    ] as const)
      both.bind({ cgroups: [cgroup], pid, set: ofFiles, failClosed: false });
    await settled();
    log.length = 0;
    both.unbind([1]);
    both.bind({ cgroups: [2], pid: 12, set: ofPrograms, failClosed: false });
    both.unload(ofFiles);
    await both.close();
    expect(log).toEqual(['unbind 11', 'unbind 12', `unload ${ofFiles}`, 'close']);
  });

  test('wait for a program of the container, and ask for sets of an earlier agent', async () => {
    const both = guarded();
    const set = both.load(files);
    both.bind({ cgroups: [1], set, failClosed: false });
    await settled();
    expect([log, both.isGuarded?.(set), both.wantsTables?.(99, true), both.wantsTables?.(99, false)]).toEqual(
      [[], true, true, false],
    );
  });

  test('are counted with what the kernel counted, and say what they do not see', async () => {
    const both = guarded();
    const set = both.load(files);
    both.bind({ cgroups: [1], pid: 13, set, failClosed: false });
    await settled();
    kernel.counts.set(set, new Map([[1, { hits: 3, lastMs: 4 }]]));
    expect(both.counts(set)).toEqual(new Map([[1, { hits: 5, lastMs: 9 }]]));
    expect(said).toEqual(['files below /nfs of process 13 are not judged: a network']);
  });
});
