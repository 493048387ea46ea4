import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DetectionLine } from './harness/agent.js';
import { command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { type Collected, poll, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';
import { guest, Topology } from './harness/topology.js';

const runtime = runtimes.runc();
const scratch = new Scratch('network-detections');
const SERVER = guest(32);

let net: Topology;
let agent: Collected;
let client: TestContainer;

const told = (): readonly DetectionLine[] =>
  agent
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as DetectionLine) // the agent's own output
    .filter(
      ({ source, output_fields }) => source === 'flow' && output_fields['container.name'] === client.name,
    );

const until = (rule: string): Promise<DetectionLine | undefined> =>
  poll(() => told().find((line) => line.rule === rule), 30_000, 100);

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  net = await Topology.make();
  const server = await runtime.start({ args: ['traffic', 'serve', '::', '8080'] });
  client = await runtime.start({ args: ['sleep', '600'] });
  await net.join(server.pid ?? 0, 32);
  await net.join(client.pid ?? 0, 31);
  const socket = join(scratch.path, 'agent.sock');
  const args = [
    'run',
    '--json',
    '--network-detections',
    '--socket',
    socket,
    '--state',
    scratch.below('state'),
  ];
  agent = startTied(...net.inNode(command, args));
  expect(await poll(() => agent.stderr().includes('ready') || undefined, 60_000, 50)).toBe(true);
}, 120_000);

afterAll(async () => {
  await stop(agent);
  await runtime.close();
  await net?.remove();
  await scratch.remove();
}, 60_000);

it('tells a scan on the wire from many connections that are answered', async () => {
  await client.exec(['traffic', 'many', SERVER.v4, '8080', '300']);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(told()).toEqual([]);
  await client.exec(['traffic', 'scan', SERVER.v4, '100', '200']);
  const found = await until('Network: port scan');
  expect(found).toMatchObject({
    priority: 'Warning',
    output_fields: { 'flow.detector': 'port-scan', 'flow.address': SERVER.v4 },
  });
}, 60_000);

it('tells who asks the metadata service, answered or not', async () => {
  await client.exec(['timeout', '1', 'traffic', 'request', '169.254.169.254', '80', '10', '10']);
  expect(await until('Network: cloud metadata access')).toMatchObject({
    output_fields: { 'flow.address': '169.254.169.254', 'flow.port': 80 },
  });
}, 60_000);
