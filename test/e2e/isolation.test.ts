import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient } from '@runward/agent/control-client';
import { type IsolationAnswer, type IsolationStatus, isolationFolderOf } from '@runward/agent/isolation';
import { Isolation } from '@runward/enforce/isolation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer, type TestRuntime } from './harness/index.js';
import { type Collected, poll, run, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';
import { guest, NODE, Topology } from './harness/topology.js';

const trafficProgram = new URL('../../build/test-programs/traffic', import.meta.url).pathname;
const scratch = new Scratch('isolation');
const state = scratch.below('state');
const socket = join(scratch.path, 'agent.sock');
/** Of the node, and allowed. */
const FORENSICS = '10.77.0.200';
const SERVERS = 'traffic serve :: 8080 & traffic serve-udp :: 9090 & wait';
const IPV6 = 'for f in all default; do echo 0 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done';

let net: Topology;
let agent: Collected;
const processes: Collected[] = [];
const client = new ControlClient(socket);

async function startAgent(): Promise<void> {
  agent = startTied(command, ['run', '--json', '--no-flows', '--socket', socket, '--state', state]);
  const isReady = await poll(
    () => client.ask('GET', '/v1/isolation').then(
      () => true,
      () => undefined,
    ),
    60_000,
    50,
  ); // biome-ignore format: two outcomes
  if (isReady === undefined) throw new Error(`the agent did not become ready: ${agent.stderr()}`);
}

async function killAgent(): Promise<void> {
  // What is tied is `setpriv`, which becomes the launcher, which becomes the agent: one process.
  agent.child.kill('SIGKILL');
  await agent.exit;
}

async function runward(...args: readonly string[]) {
  return run(command, [...args, '--socket', socket]);
}
async function isolate(...args: readonly string[]): Promise<IsolationAnswer> {
  const { code, stdout, stderr } = await runward('isolate', ...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as IsolationAnswer; // the command's own answer
}
async function isolated(): Promise<IsolationStatus['isolated']> {
  const { stdout } = await runward('isolate', '--list', '--json');
  return (JSON.parse(stdout) as IsolationStatus).isolated; // the command's own answer
}

/** 'cut': nobody answered within a second. */
async function said(asked: Promise<{ readonly stdout: string; readonly code: number }>): Promise<string> {
  const { stdout, code } = await asked;
  return code === 143 || code === 124 ? 'cut' : stdout.trim();
}
const from = (container: TestContainer, ...args: readonly string[]): Promise<string> =>
  said(container.exec(['timeout', '1', 'traffic', ...args]));
const fromNode = (...args: readonly string[]): Promise<string> =>
  said(run(...net.inNode('timeout', ['1', trafficProgram, ...args])));
const fromOutside = (...args: readonly string[]): Promise<string> =>
  said(run(...net.inOutside('timeout', ['1', trafficProgram, ...args])));

beforeAll(async () => {
  await requireRuntime(runtimes.runc(), { skip: (note) => expect.fail(note) });
  net = await Topology.make();
  await net.onNode('ip', ['address', 'add', `${FORENSICS}/24`, 'dev', 'br0']);
  await run(...net.inOutside('ip', ['route', 'add', '10.77.0.0/24', 'via', '192.0.2.1']));
  processes.push(
    startTied(...net.inNode(trafficProgram, ['serve', '::', '7000'])),
    startTied(...net.inNode(trafficProgram, ['serve-udp', '::', '7001'])),
  );
  await startAgent();
}, 120_000);

afterAll(async () => {
  await stop(agent);
  for (const each of processes) await stop(each);
  Isolation.releaseAll(isolationFolderOf(state));
  await net?.remove();
  await scratch.remove();
}, 60_000);

const subjects: readonly (readonly [keyof typeof runtimes, number])[] = [
  ['runc', 11],
  ['containerd', 12],
  ['docker', 14],
  ['podman', 15],
];

describe.each(subjects)('a container of %s', (name, n) => {
  const runtime = runtimes[name]();
  afterAll(() => runtime.close(), 60_000);

  it('is cut off in both directions, of open connections too, but for what is allowed, until it is released', async (test) => {
    await requireRuntime(runtime, test);
    const victim = await runtime.start({ args: ['sh', '-c', SERVERS] });
    // Docker turns it off where it knows no network.
    await run('nsenter', [`--net=/proc/${victim.pid}/ns/net`, 'sh', '-c', IPV6]);
    await net.join(victim.pid ?? 0, n);
    const { v4, v6 } = guest(n);
    const reaches = async (): Promise<Record<string, string>> => ({
      'out IPv4': await from(victim, 'request', NODE.v4, '7000', '10', '10'),
      'out IPv6': await from(victim, 'request', NODE.v6, '7000', '10', '10'),
      'out mapped': await from(victim, 'request', `::ffff:${NODE.v4}`, '7000', '10', '10'),
      'out UDP': await from(victim, 'udp', NODE.v4, '7001', '10'),
      'out UDP, connected': await from(victim, 'udp', NODE.v6, '7001', '10', 'connected'),
      'own loopback': await from(victim, 'request', '127.0.0.1', '8080', '10', '10'),
      'in IPv4': await fromNode('request', v4, '8080', '10', '10'),
      'in IPv6': await fromNode('request', v6, '8080', '10', '10'),
      'in, routed': await fromOutside('request', v4, '8080', '10', '10'),
      'in UDP': await fromNode('udp', v4, '9090', '10'),
    });
    const open = await reaches();
    expect(Object.values(open).filter((said) => !said.startsWith('got'))).toEqual([]);

    const within = 'traffic request 10.77.0.1 7000 10 10 hold:600; echo ended';
    await victim.exec(['sh', '-c', `(${within}) >/tmp/held 2>&1 & sleep 0.3`]);
    const inward = startTied(...net.inNode(trafficProgram, ['request', v4, '8080', '10', '10', 'hold:600']));
    expect(await poll(() => inward.stdout().includes('holding') || undefined, 5000)).toBe(true);

    const answer = await isolate(victim.id, '--allow', FORENSICS);
    expect(answer.containers).toMatchObject([{ id: victim.id, was: false }]);
    expect(answer.containers[0]?.connections).toBeGreaterThanOrEqual(2);

    const refused = 'connect: Operation not permitted';
    expect(await reaches()).toEqual({
      ...{ 'out IPv4': refused, 'out IPv6': refused, 'out mapped': refused },
      'out UDP': expect.stringMatching(/no answer|cut|not permitted/) as string,
      'out UDP, connected': expect.stringMatching(/no answer|cut|not permitted/) as string,
      ...{ 'own loopback': refused, 'in IPv4': 'cut', 'in IPv6': 'cut', 'in, routed': 'cut' },
      'in UDP': expect.stringMatching(/no answer|cut/) as string,
    });
    // Both ends of what was open were told.
    expect(await poll(() => (inward.child.exitCode === null ? undefined : true), 3000)).toBe(true);
    const held = await poll(async () => (await victim.exec(['cat', '/tmp/held'])).stdout.includes('ended') || undefined, 3000); // biome-ignore format: one condition
    expect(held).toBe(true);

    expect(await from(victim, 'request', FORENSICS, '7000', '10', '10')).toBe('got 10');
    await net.onNode('ip', ['route', 'add', `${v4}/32`, 'dev', 'br0', 'src', FORENSICS]);
    expect(await fromNode('request', v4, '8080', '10', '10')).toBe('got 10');
    await net.onNode('ip', ['route', 'delete', `${v4}/32`, 'dev', 'br0']);

    const [known] = await isolated();
    expect(known).toMatchObject({ id: victim.id, allow: [`${FORENSICS}/32`] });
    expect(Math.min(known?.refused ?? 0, known?.dropped.in ?? 0)).toBeGreaterThan(0);

    expect((await runward('release', victim.id)).code).toBe(0);
    expect(await reaches()).toEqual(open);
    expect(statIfAny(isolationFolderOf(state))).toBe(false);
    await victim.remove();
  }, 120_000);
});

function statIfAny(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

describe('isolation', () => {
  const runtime: TestRuntime = runtimes.runc();
  const shared = scratch.below('shared');
  let victim: TestContainer;
  let other: TestContainer;
  const out = (): Promise<string> => from(victim, 'request', NODE.v4, '7000', '10', '10');
  const refused = 'connect: Operation not permitted';

  beforeAll(async () => {
    await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
    mkdirSync(shared, { recursive: true });
    const mounts = [{ source: shared, target: '/shared' }];
    victim = await runtime.start({
      args: ['sh', '-c', `${SERVERS.replace('wait', 'traffic serve /shared/victim.sock 0 & wait')}`],
      mounts,
    });
    other = await runtime.start({ args: ['sh', '-c', 'traffic serve /shared/other.sock 0 & wait'], mounts });
    await net.join(victim.pid ?? 0, 21);
  }, 60_000);
  afterAll(() => runtime.close(), 60_000);

  it('outlives an agent that is killed, and the next one knows it', async () => {
    await isolate(victim.id);
    expect(await out()).toBe(refused);
    await killAgent();
    expect(await out()).toBe(refused);
    await startAgent();
    expect(await isolated()).toMatchObject([{ id: victim.id, name: victim.name }]);
    expect(await out()).toBe(refused);
    expect((await runward('release', victim.name)).stdout).toBe(`released: ${victim.name}\n`);
    expect(await out()).toBe('got 10');
  }, 60_000);

  it('ends when its time is over, whether an agent runs or not', async () => {
    await isolate(victim.id, '--for', '3s');
    await killAgent();
    expect(await out()).toBe(refused);
    expect(await poll(async () => ((await out()) === 'got 10' ? true : undefined), 6000, 200)).toBe(true);
    await startAgent();
    expect(await poll(() => !statIfAny(isolationFolderOf(state)) || undefined, 5000)).toBe(true);
  }, 60_000);

  it('asked for again is the same isolation with other networks and time', async () => {
    await isolate(victim.id, '--for', '1h');
    const again = await isolate(victim.name, '--allow', `${NODE.v4},fd00::/8`);
    expect(again.containers).toMatchObject([{ id: victim.id, was: true }]);
    expect(await isolated()).toMatchObject([{ allow: [`${NODE.v4}/32`, 'fd00::/8'] }]);
    expect((await isolated())[0]).not.toHaveProperty('leftMs');
    expect(await out()).toBe('got 10');
    expect((await runward('release', '--all')).code).toBe(0);
    expect((await runward('release', '--all')).stdout).toBe('nothing was isolated\n');
  }, 60_000);

  it('ends unix connections to other containers, and lets none last', async () => {
    const hold = (path: string, file: string): string =>
      `(traffic request ${path} 0 10 10 hold:600; echo ended) >${file} 2>&1 & sleep 0.3`;
    await victim.exec(['sh', '-c', hold('/shared/other.sock', '/tmp/unix-out')]);
    await other.exec(['sh', '-c', hold('/shared/victim.sock', '/tmp/unix-in')]);
    const answer = await isolate(victim.id);
    expect(answer.containers[0]?.unixConnections).toBe(2);
    const ended = (container: TestContainer, file: string): Promise<true | undefined> =>
      poll(
        async () => (await container.exec(['cat', file])).stdout.includes('ended') || undefined,
        4000,
        200,
      );
    expect(await ended(victim, '/tmp/unix-out')).toBe(true);
    expect(await ended(other, '/tmp/unix-in')).toBe(true);
    const begins = await from(victim, 'request', '/shared/other.sock', '0', '10', '10');
    if (answer.notCut[0]?.includes('Linux 6.7') === false) expect(begins).toBe(refused);
    await other.exec(['sh', '-c', hold('/shared/victim.sock', '/tmp/unix-late')]);
    expect(await ended(other, '/tmp/unix-late')).toBe(true);
    await runward('release', victim.id);
    expect(await from(other, 'request', '/shared/victim.sock', '0', '10', '10')).toBe('got 10');
  }, 60_000);

  it('is written down with who asked', () => {
    const lines = readFileSync(join(state, 'decisions.jsonl'), 'utf8').trim().split('\n');
    const decisions = lines.map((line) => JSON.parse(line) as Record<string, unknown>); // the agent's own log
    expect(decisions).toContainEqual(
      expect.objectContaining({
        action: 'isolate',
        by: 'agent',
        who: expect.objectContaining({ uid: 0, program: 'runward' }) as unknown,
        isolation: expect.objectContaining({ allow: [FORENSICS] }) as unknown,
      }),
    );
    const over = decisions.filter(
      ({ isolation }) => (isolation as { why?: string }).why === 'its time is over',
    );
    expect(over).toMatchObject([{ action: 'release', who: { program: 'time is over' } }]);
  });
});
