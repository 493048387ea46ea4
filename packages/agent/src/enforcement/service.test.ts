import type { KernelVerdict } from '@runward/enforce';
import type { KernelHandle } from '@runward/policy/model';
import { testPolicy, testWorkload } from '@runward/policy/testing';
import { describe, expect, test } from 'vitest';
import { FakeHost } from './testing/fake-host.js';
import { abilitiesOf, withSomeHandles } from './testing/fake-kernel.js';
import { judgedGroups } from './traffic.js';

const policy = (name: string, path: string, mode = 'protect', more = '') =>
  testPolicy(`mode: ${mode}\n${more}file:\n  deny: [${path}]\n`, name);
const forWeb = (path: string, mode = 'protect') =>
  policy('web', path, mode, 'selector:\n  containerNames: [web]\n');

async function hostWithWeb() {
  const host = new FakeHost();
  host.add('web', 1);
  host.add('db', 2);
  const service = host.service();
  await service.use([forWeb('/etc/shadow')]);
  return { host, service };
}

describe('without a policy in monitor or protect', () => {
  test('nothing is loaded', async () => {
    const host = new FakeHost();
    host.add('web', 1);
    const service = host.service();
    await service.use([]);
    await service.use([policy('p', '/etc/shadow', 'learn'), policy('q', '/x', 'off')]);
    const { info } = host.add('web', 1);
    await service.met(host.request('web'), info);
    expect([host.kernel.opened, host.kernel.log, service.state.kind]).toEqual([0, [], 'idle']);
  });

  test('what an earlier agent left in force is taken out', async () => {
    const { host, service } = await hostWithWeb();
    await service.close();
    const next = host.service();
    await next.use([]);
    expect([host.kernel.isPinned, host.kernel.bound.size]).toEqual([false, 0]);
  });
});

describe('a policy', () => {
  test('is in force for the containers that run already, and no others', async () => {
    const { host } = await hostWithWeb();
    expect(host.kernel.log).toEqual(['load 1', 'bind 1 to 1 by 10']);
  });

  test('is in force for a container that is met later', async () => {
    const host = new FakeHost();
    const service = host.service();
    await service.use([forWeb('/etc/shadow')]);
    const { info } = host.add('web', 7);
    await service.met(host.request('web'), info);
    expect(host.kernel.bound).toEqual(new Map([[7, 1]]));
  });

  test('that changes replaces what is in force without a moment between, and the old set goes', async () => {
    const { host, service } = await hostWithWeb();
    await service.use([forWeb('/etc/passwd')]);
    expect(host.kernel.log.slice(2)).toEqual(['load 2', 'bind 1 to 2 by 10', 'unload 1']);
  });

  test('that is the only one and is deleted leaves nothing in the kernel', async () => {
    const { host, service } = await hostWithWeb();
    await service.use([]);
    expect([host.kernel.bound.size, host.kernel.isPinned, service.state.kind]).toEqual([0, false, 'idle']);
  });

  test('that does not select a container any more frees it', async () => {
    const { host, service } = await hostWithWeb();
    await service.use([policy('db', '/x', 'protect', 'selector:\n  containerNames: [db]\n')]);
    expect(host.kernel.bound).toEqual(new Map([[2, 2]]));
    expect(host.kernel.sets.size).toBe(1);
  });

  test('that the kernel has no room for leaves what was in force, and says so', async () => {
    const { host, service } = await hostWithWeb();
    host.kernel.room = 1;
    await service.use([forWeb('/etc/passwd')]);
    expect(host.kernel.bound).toEqual(new Map([[1, 1]]));
    expect(host.said.join()).toContain('web is not under its policies: no room for another set');
    expect(service.containers.get('web')?.problem).toBe('no room for another set');
  });

  test('that fails closed does so in the kernel as well', async () => {
    const host = new FakeHost();
    host.add('web', 1);
    await host.service().use([policy('p', '/x', 'protect', 'onFailure: closed\n')]);
    expect(host.kernel.log).toContain('bind 1 to 1 closed by 10');
  });
});

test('changes that overtake each other end with the last', async () => {
  const { host, service } = await hostWithWeb();
  await Promise.all([forWeb('/a'), forWeb('/b'), forWeb('/c')].map((each) => service.use([each])));
  const { id } = service.effectiveFor(testWorkload({ name: 'web' })) ?? {};
  expect([...host.kernel.sets.values()]).toEqual([id]);
  expect(host.kernel.bound.size).toBe(1);
});

describe('a container', () => {
  test('whose program starts while it is bound is bound by that program', async () => {
    const host = new FakeHost();
    host.add('web', 1);
    host.insiders = [undefined, 10];
    await host.service().use([forWeb('/etc/shadow')]);
    expect(host.kernel.log.slice(1)).toEqual(['bind 1 to 1', 'unbind 1', 'bind 1 to 1 by 10']);
  });

  test('that ended is forgotten, and its set with it', async () => {
    const { host, service } = await hostWithWeb();
    host.containers.delete('/web');
    host.kernel.bound.delete(1); // as the kernel does when a group goes
    service.ended('web');
    expect([host.kernel.sets.size, service.containers.get('web')]).toEqual([0, undefined]);
  });

  test('that ended without a word is found out', async () => {
    const { host, service } = await hostWithWeb();
    host.containers.delete('/web');
    host.kernel.bound.delete(1);
    await service.sweep();
    expect([host.kernel.sets.size, service.containers.get('web')]).toEqual([0, undefined]);
  });

  test('of which more becomes known is put under what selects it then', async () => {
    const host = new FakeHost();
    const labels = new Map([['tier', 'front']]);
    const service = host.service();
    await service.use([policy('p', '/x', 'protect', 'selector:\n  containerLabels: {tier: front}\n')]);
    const { info } = host.add('web', 1, { metadata: 'path-only' });
    await service.met(host.request('web'), info);
    expect(host.kernel.bound.size).toBe(0);
    host.add('web', 1, { labels });
    await service.sweep();
    expect(host.kernel.bound.size).toBe(1);
  });

  test('whose runtime does not answer keeps what an earlier agent put in force', async () => {
    const { host, service } = await hostWithWeb();
    await service.close();
    host.add('web', 1, { metadata: 'path-only', name: '' });
    const next = host.service();
    await next.use([forWeb('/etc/shadow')]);
    expect(host.kernel.bound).toEqual(new Map([[1, 1]]));
    expect(next.containers.get('web')?.problem).toContain('stays');
  });
});

describe('a later agent', () => {
  test('goes on with what is in force: nothing is loaded or freed', async () => {
    const { host, service } = await hostWithWeb();
    await service.close();
    host.kernel.log.length = 0;
    await host.service().use([forWeb('/etc/shadow')]);
    expect(host.kernel.log).toEqual(['bind 1 to 1 by 10']);
  });

  test('tells verdicts from before it began by the policies that are in force', async () => {
    const { host, service } = await hostWithWeb();
    await service.close();
    host.kernel.waiting = [verdict({})];
    await host.service().use([forWeb('/etc/shadow')]);
    expect(host.reported).toMatchObject([{ finding: { policy: 'web', line: 10 } }]);
  });

  test('tells verdicts of sets nobody knows any more', async () => {
    const { host, service } = await hostWithWeb();
    await service.use([forWeb('/etc/shadow')]);
    host.kernel.verdicts([verdict({ set: 99, line: 3 })]);
    expect(host.reported[0]?.finding).toMatchObject({
      policy: 'set 99',
      line: 0,
      note: expect.stringContaining('before this agent'),
    });
  });
});

const verdict = (more: Partial<KernelVerdict>): KernelVerdict => ({
  ...{ set: 1, line: 1, section: 'file', operation: 'read', object: '/etc/shadow', outcome: 'denied' },
  ...{
    mechanism: 'lsm',
    unresolved: false,
    moved: false,
    otherName: false,
    cgroup: 1,
    bootNs: 5,
    startNs: 4,
  },
  ...{ pid: 10, uid: 0, comm: 'cat', suppressed: 0 },
  ...more,
});

test('a verdict names policy, line, mechanism and what was not told before', async () => {
  const { host } = await hostWithWeb();
  host.kernel.verdicts([
    verdict({}),
    verdict({ suppressed: 7 }),
    verdict({ suppressed: 7, outcome: 'would-deny' }),
  ]);
  const findings = host.reported.map(({ finding }) => finding);
  expect(findings[0]).toMatchObject({
    policy: 'web',
    section: 'file',
    file: 'test.yaml',
    line: 10,
    mechanism: 'lsm',
    outcome: 'denied',
    note: '',
  });
  expect(findings[1]?.note).toBe('7 verdicts of this container before it were counted and not told');
  expect(findings[2]).toMatchObject({ outcome: 'would deny', note: '' });
});

test('hits of a line outlive the set it was in', async () => {
  const { host, service } = await hostWithWeb();
  host.kernel.counts.set(1, new Map([[1, { hits: 3, lastMs: 50 }]]));
  await service.use([forWeb('/etc/shadow', 'monitor')]);
  host.kernel.counts.set(2, new Map([[1, { hits: 2, lastMs: 70 }]]));
  expect(service.hits()).toMatchObject([{ hits: 5, lastMs: 70, line: { policy: 'web' } }]);
});

describe('a creation', () => {
  const created = { id: 'web', pid: 10, workload: testWorkload({ name: 'web' }), held: [] };

  test('is bound before the container is met, and stays bound when its runtime does not answer', async () => {
    const host = new FakeHost();
    const service = host.service();
    await service.use([forWeb('/etc/shadow')]);
    host.add('web', 1);
    await service.binder.bind(created);
    expect(host.kernel.log).toEqual(['load 1', 'bind 1 to 1']); // what is there is the runtime's still
    const silent = host.add('web', 1, { metadata: 'path-only', name: '' });
    await service.met(host.request('web'), silent.info);
    expect(host.kernel.bound).toEqual(new Map([[1, 1]]));
  });

  test.each([
    ['shares its group with the host', (host: FakeHost) => host.shared.add(1), 'processes of the host'],
    ['has no group of its own', (host: FakeHost) => host.containers.clear(), 'no cgroup of its own'],
    [
      'finds no room',
      (host: FakeHost) => {
        host.kernel.room = 0;
      },
      'no room',
    ],
  ])('that %s is refused', async (_, spoil, why) => {
    const host = new FakeHost();
    const service = host.service();
    await service.use([forWeb('/etc/shadow')]);
    host.add('web', 1);
    spoil(host);
    await expect(service.binder.bind(created)).rejects.toThrow(why);
    expect(host.kernel.bound.size).toBe(0);
  });

  test('is told which sections nothing in the kernel enforces', async () => {
    const host = new FakeHost();
    host.kernel.abilities = abilitiesOf('process');
    const service = host.service();
    expect(service.binder.problem({ sections: ['process'], handles: [] })).toBe(
      'the agent has no policies in force',
    );
    await service.use([forWeb('/x')]);
    expect(service.binder.problem({ sections: ['process'], handles: [] })).toBeUndefined();
    expect(service.binder.problem({ sections: ['process', 'file'], handles: [] })).toBe('file: no BPF LSM');
  });

  test('is told so of the handles that are asked for, where the kernel has some', async () => {
    const host = new FakeHost();
    host.kernel.abilities = withSomeHandles;
    const service = host.service();
    await service.use([forWeb('/x')]);
    const problem = (...handles: readonly KernelHandle[]) =>
      service.binder.problem({ sections: ['kernelSurface'], handles });
    expect(problem('raw-devices')).toBeUndefined();
    expect(problem('raw-devices', 'sysrq')).toBe('kernelSurface: no BPF LSM');
  });
});

describe('the kernel that refuses', () => {
  test('is said once, and tried again with the next change', async () => {
    const host = new FakeHost();
    host.add('web', 1);
    host.problem = new Error('no CAP_BPF');
    const service = host.service();
    await service.use([forWeb('/a')]);
    await service.use([forWeb('/b')]);
    expect(host.said).toEqual(['policies cannot be enforced: no CAP_BPF']);
    expect(service.binder.problem({ sections: ['file'], handles: [] })).toBe('no CAP_BPF');
    host.problem = undefined;
    await service.use([forWeb('/c')]);
    expect(host.kernel.bound.size).toBe(1);
  });
});

test('detaching takes everything out until the next agent', async () => {
  const { host, service } = await hostWithWeb();
  expect(await service.detach('ada detached')).toBe(true);
  await service.use([forWeb('/b')]);
  await service.met(host.request('web'), host.add('web', 1).info);
  expect([host.kernel.isPinned, host.kernel.bound.size, service.state]).toEqual([
    false,
    0,
    { kind: 'detached', problem: 'ada detached' },
  ]);
  expect(service.binder.problem({ sections: ['file'], handles: [] })).toBe('ada detached');
  await host.service().use([forWeb('/b')]);
  expect(host.kernel.bound.size).toBe(1);
});

test('tells flows what was decided of connections, and which groups are judged', async () => {
  const { host, service } = await hostWithWeb();
  expect([...judgedGroups(service)]).toEqual([]);
  const traffic = { remote: '10.0.0.2', port: 22, protocol: 'tcp' };
  host.kernel.verdicts([
    verdict({}),
    verdict({ section: 'network', operation: 'connect', traffic }),
    verdict({ section: 'network', operation: 'accept', traffic, outcome: 'would-deny' }),
  ]);
  expect(host.traffic).toEqual([
    { cgroup: 1, role: 'client', isEnforced: true, ...traffic },
    { cgroup: 1, role: 'server', isEnforced: false, ...traffic },
  ]);
  const selector = 'selector:\n  containerNames: [db]\n';
  await service.use([testPolicy(`mode: monitor\n${selector}network:\n  ingress: deny\n`, 'net')]);
  expect([...judgedGroups(service)]).toEqual([2]);
});
