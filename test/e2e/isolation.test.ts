import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient } from '@runward/agent/control-client';
import { type IsolationAnswer, type IsolationStatus, isolationFolderOf } from '@runward/agent/isolation';
import { Isolation } from '@runward/enforce/isolation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer, type TestRuntime } from './harness/index.js';
import { type Collected, poll, run, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';
import { NODE, Topology } from './harness/topology.js';

const trafficProgram = new URL('../../build/test-programs/traffic', import.meta.url).pathname;
const scratch = new Scratch('isolation');
const state = scratch.below('state');
const socket = join(scratch.path, 'agent.sock');

const SERVERS = 'traffic serve :: 8080 & traffic serve-udp :: 9090 & wait';

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
beforeAll(async () => {
  await requireRuntime(runtimes.runc(), { skip: (note) => expect.fail(note) });
  net = await Topology.make();
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

function statIfAny(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

describe('isolation', () => {
  const runtime: TestRuntime = runtimes.runc();
  const shared = scratch.below('shared');
  let victim: TestContainer;
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
});
