import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide, generalise, mergePolicies, type WorkloadProfile } from '@runward/policy';
import { actionsOf } from '@runward/policy/testing';
import { ProfileStore } from '@runward/state';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startAgent, type TestAgent } from './harness/agent.js';
import { requireRuntime, runtimes, uniqueName } from './harness/index.js';
import { poll, run, startTied } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const COMMAND = join(import.meta.dirname, '../../bin/runward');
const scratch = new Scratch('learning');
const runtime = runtimes.runc();
beforeEach((test) => requireRuntime(runtime, test));
afterAll(async () => {
  await runtime.close();
  await scratch.remove();
});

/** A host of its own: state and socket. */
const state = scratch.below('state');
const socket = scratch.below('agent.sock');

async function tell(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(COMMAND, [...args, '--socket', socket], { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`runward ${args.join(' ')} exited ${code}: ${stderr}${stdout}`);
  return stdout;
}

async function startLearner(): Promise<TestAgent> {
  mkdirSync(state, { recursive: true });
  const agent = await startAgent({ args: ['--state', state, '--socket', socket] });
  await poll(
    async () => (await run(COMMAND, ['learn', 'list', '--socket', socket])).code === 0 || undefined,
    20_000,
  );
  return agent;
}

/** Reads, writes under names that change, connects on loopback, gives a file away, and goes on doing so. */
const WORK = `
mkdir -p /tmp/work
( while :; do echo hello | nc -l -p 7070; done ) &
while :; do
  cat /etc/passwd > /dev/null
  id=$(cat /proc/sys/kernel/random/uuid)
  echo x > /tmp/work/$id.new && mv /tmp/work/$id.new /tmp/work/$id.done && rm /tmp/work/$id.done
  echo $id >> /tmp/log; chown 7:7 /tmp/log
  echo q | nc -w 1 127.0.0.1 7070 > /dev/null
  sleep 0.2
done`;
const OTHER = 'while :; do echo secret > /tmp/neighbour; cat /etc/group > /dev/null; sleep 0.1; done';

const stored = (workload: string): WorkloadProfile | undefined => new ProfileStore(state).read(workload);

const shown = async (
  workload: string,
): Promise<{ status: Record<string, unknown>; profile: WorkloadProfile }> =>
  JSON.parse(await tell('learn', 'show', workload, '--json'));

describe('learning real containers', () => {
  it('gathers what two replicas do and nothing of a neighbour, over a restart of the agent', async () => {
    const base = uniqueName('lrn');
    const workload = `${base}-web-?`;
    const start = (name: string, script: string) =>
      runtime.start({ name: `${base}-${name}`, args: ['sh', '-c', script] });
    let agent = await startLearner();
    await tell('learn', 'start', workload);
    const [one, other] = [await start('web-1', WORK), await start('other', OTHER)];
    await poll(async () => (await shown(workload)).profile?.coverage.replicas === 1 || undefined, 20_000);
    const two = await start('web-2', WORK);
    const isComplete = (profile: WorkloadProfile | undefined): boolean =>
      profile !== undefined &&
      profile.coverage.replicas === 2 &&
      profile.network.some((n) => n.operation === 'connect' && n.port === 7070) &&
      profile.capabilities.some((c) => c.name === 'CHOWN') &&
      profile.syscalls.some((s) => s.name === 'nanosleep' || s.name === 'clock_nanosleep');
    const found = await poll(
      async () => (isComplete((await shown(workload)).profile) ? true : undefined),
      30_000,
    );
    expect(found, JSON.stringify(await shown(workload))).toBe(true);

    // What was learnt some seconds ago outlives even this, and learning goes on by itself.
    expect(await poll(() => isComplete(stored(workload)) || undefined, 10_000)).toBe(true);
    agent.signal('SIGKILL');
    await agent.stop();
    agent = await startLearner();
    const again = await poll(
      async () => ((await shown(workload)).profile?.coverage.sessions === 2 ? true : undefined),
      20_000,
    );
    expect(again, JSON.stringify(await shown(workload))).toBe(true);

    const { profile } = await shown(workload);
    expect(profile.coverage).toMatchObject({ replicas: 2, starts: 2, callsCounted: true });
    const files = profile.files.map((f) => f.path);
    expect(files).toContain('/etc/passwd');
    expect(files.some((path) => path.startsWith('/tmp/work/') && path.endsWith('.new'))).toBe(true);
    expect(files).not.toContain('/tmp/neighbour');
    expect(files).not.toContain('/etc/group');
    const calls = profile.syscalls.map((s) => s.name);
    expect(calls).toEqual(expect.arrayContaining(['read', 'getpid', 'execve', 'exit_group', 'connect']));
    // What the runtime does on the way into the container is not the workload's.
    expect(calls).not.toContain('pivot_root');
    expect(calls).not.toContain('mount');
    expect(profile.capabilities.map((c) => c.name)).not.toContain('SYS_ADMIN');

    const { text, policy } = generalise(profile);
    const effective = mergePolicies([policy]);
    const denied = actionsOf(profile).filter(
      (action) => decide(effective, action).watched.verdict === 'deny',
    );
    expect(denied).toEqual([]);
    expect(text).toContain('????????-????-????-????-????????????');
    for (const action of [
      { kind: 'file', operation: 'read', path: '/etc/shadow', by: '/bin/busybox', owner: true },
      { kind: 'file', operation: 'write', path: '/etc/passwd', by: '/bin/busybox', owner: true },
      { kind: 'file', operation: 'create', path: '/usr/bin/planted', by: '/bin/busybox', owner: true },
      { kind: 'exec', path: '/tmp/planted', arguments: '', ancestors: [], drifted: true, fileless: false },
      {
        kind: 'network',
        operation: 'connect',
        family: 'ipv4',
        protocol: 'tcp',
        address: '203.0.113.9',
        port: 4444,
        by: '/bin/busybox',
      },
      { kind: 'capability', name: 'SYS_ADMIN' },
      { kind: 'syscall', name: 'mount' },
      { kind: 'kernel', handle: 'bpf' },
    ] as const)
      expect(decide(effective, action).watched.verdict, JSON.stringify(action)).toBe('deny');

    const why = await tell('learn', 'show', workload, '--why', '/etc/passwd');
    expect(why).toContain('read /etc/passwd');
    const status = await tell('learn', 'status', workload);
    expect(status).toMatch(/2 containers .* 2 starts .* 2 sessions/);
    await tell('learn', 'stop', workload);
    const before = JSON.stringify((await shown(workload)).profile.files);
    await two.exec(['sh', '-c', 'echo later > /tmp/after-the-end']);
    await agent.stop();
    expect(JSON.stringify(stored(workload)?.files)).toBe(before);
    expect(JSON.parse(readFileSync(join(state, 'learning.json'), 'utf8')).learning).toEqual([]);
    for (const container of [one, two, other]) await container.remove();
  });

  it('learns the containers of a policy whose sections are in mode learn, under its name', async () => {
    const name = uniqueName('lrn-policy');
    const file = scratch.below('policy.yaml');
    const head = 'apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata: {name: by-policy}\n';
    const spec = `spec:\n  selector: {containerNames: ["${name}"]}\n  mode: learn\n  file: {default: deny}\n`;
    writeFileSync(file, head + spec);
    mkdirSync(state, { recursive: true });
    await tell('policy', 'apply', file, '--state', state);
    const agent = await startLearner();
    const container = await runtime.start({ name, args: ['sh', '-c', 'sleep 1; cat /etc/passwd; sleep 30'] });
    const found = await poll(async () => {
      const { profile } = await shown('by-policy');
      return profile?.files.some((f) => f.path === '/etc/passwd') || undefined;
    }, 30_000);
    expect(found).toBe(true);
    const { workloads } = JSON.parse(await tell('learn', 'list', '--json'));
    expect(workloads).toContainEqual(
      expect.objectContaining({ workload: 'by-policy', learning: true, source: { policies: ['by-policy'] } }),
    );
    await container.remove();
    await agent.stop();
  });

  it('learns from a recording, once', async () => {
    const [name, file] = [uniqueName('lrn-rec'), scratch.below('history.rwrec')];
    const elsewhere = ['--state', scratch.below('elsewhere')];
    const recorder = startTied(COMMAND, ['record', '-o', file]);
    expect(await poll(() => /recording|ready/i.test(recorder.stderr()) || undefined, 60_000)).toBe(true);
    const { code } = await runtime.runToEnd({
      name,
      args: ['sh', '-c', 'cat /etc/passwd; echo x > /tmp/new'],
    });
    expect(code).toBe(0);
    recorder.child.kill('SIGTERM');
    await recorder.exit;
    await tell('learn', 'from', '--over', file, name, ...elsewhere);
    const first = new ProfileStore(scratch.below('elsewhere')).read(name);
    expect(first?.files.map((f) => f.path)).toEqual(expect.arrayContaining(['/etc/passwd', '/tmp/new']));
    expect(first?.coverage).toMatchObject({ replicas: 1, callsCounted: false });
    await tell('learn', 'from', '--over', file, name, ...elsewhere);
    expect(new ProfileStore(scratch.below('elsewhere')).read(name)).toEqual(first);
    const made = await tell('learn', 'show', name, '--policy', ...elsewhere);
    expect(made).toContain('only a part of the system calls was seen');
  });
});
