import { type Action, decide, generalise, mergePolicies, type WorkloadProfile } from '@runward/policy';
import { actionsOf } from '@runward/policy/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireRuntime, runtimes, uniqueName } from './harness/index.js';
import { poll } from './harness/process.js';
import { ServerBench } from './servers/bench.js';
import { ProtectedHost } from './servers/protected-host.js';
import { SERVERS, type Server } from './servers/servers.js';

/** A minute each when somebody has the time: `LEARN_SECONDS=60`. */
const SECONDS = Number(process.env.LEARN_SECONDS ?? 6);

const runtime = runtimes.runc();
const bench = new ServerBench();
const host = new ProtectedHost();
beforeEach((test) => requireRuntime(runtime, test));
beforeAll(async () => {
  if ((await runtime.available()) !== undefined) return;
  await host.start('--no-enforcement');
  await poll(async () => (await host.ask('learn', 'list')).code === 0 || undefined, 30_000);
}, 180_000);
afterAll(async () => {
  await bench.close();
  await host.close();
  await runtime.close();
});

/** One container of a server, from its start to the end of its load. */
async function learnRun(server: Server): Promise<WorkloadProfile> {
  const name = uniqueName(`learn-${server.name}`);
  await host.tell('learn', 'start', name);
  const running = await bench.start(server, { name });
  expect(await running.load(SECONDS)).toEqual([]);
  await host.tell('learn', 'stop', name);
  const { profile } = JSON.parse(await host.tell('learn', 'show', name, '--json')) as {
    profile: WorkloadProfile;
  };
  await running.remove();
  return profile;
}

const SHELL = { arguments: '-c id', ancestors: [], drifted: false, fileless: false } as const;
const BY = '/usr/sbin/nginx';
/** What an attack would do on any of the servers. */
const ATTACKS: readonly Action[] = [
  { kind: 'exec', path: '/usr/bin/dash', ...SHELL },
  { kind: 'exec', path: '/tmp/dropped', ...SHELL, drifted: true },
  { kind: 'exec', path: '/memfd:x', ...SHELL, fileless: true },
  { kind: 'file', operation: 'read', path: '/etc/shadow', by: BY, owner: false },
  {
    kind: 'file',
    operation: 'read',
    path: '/run/secrets/kubernetes.io/serviceaccount/token',
    by: BY,
    owner: false,
  },
  { kind: 'file', operation: 'read', path: '/proc/1/environ', by: BY, owner: false },
  { kind: 'file', operation: 'write', path: '/etc/cron.d/x', by: BY, owner: true },
  { kind: 'file', operation: 'create', path: '/usr/bin/x', by: BY, owner: true },
  {
    kind: 'network',
    operation: 'connect',
    family: 'ipv4',
    protocol: 'tcp',
    address: '203.0.113.66',
    port: 4444,
    by: BY,
  },
  { kind: 'kernel', handle: 'mount' },
  { kind: 'kernel', handle: 'bpf' },
  { kind: 'kernel', handle: 'release-agent' },
  { kind: 'syscall', name: 'init_module' },
  { kind: 'capability', name: 'SYS_MODULE' },
];

describe.each(SERVERS)('$name', (server) => {
  it('learnt under load gives a policy that a second run under load keeps to, and attacks do not', async () => {
    const first = await learnRun(server);
    const second = await learnRun(server);
    const { text, policy } = generalise(first);
    const effective = mergePolicies([policy]);
    const denied = actionsOf(second).filter((action) => decide(effective, action).watched.verdict === 'deny');
    expect(denied, text).toEqual([]);
    expect(first.coverage.lostRecords).toBe(0);
    const allowed = ATTACKS.filter((action) => decide(effective, action).watched.verdict === 'allow');
    expect(allowed, text).toEqual([]);
  });
});
