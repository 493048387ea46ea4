import { writeFileSync } from 'node:fs';
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

/** What both kinds of rules have of a connection. */
const ENDS = [
  ...['container.id', 'container.name', 'container.image', 'fd.sip', 'fd.cip', 'fd.sport', 'fd.l4proto'],
  ...['fd.is_server', 'fd.lip', 'fd.rip', 'fd.type', 'fd.sproto'],
];
const SHOWN = ENDS.map((name) => `%${name}`).join(' ');
const PORT = 8081;
const RULES = `
- macro: at_port
  condition: fd.sport = ${PORT}
- { rule: e2e connect, desc: d, priority: INFO, condition: evt.type = connect and at_port, output: '${SHOWN}' }
- { rule: e2e accept, desc: d, priority: INFO, condition: 'evt.type in (accept, accept4) and at_port', output: '${SHOWN}' }
- rule: e2e flow
  desc: d
  source: flow
  priority: INFO
  condition: at_port and flow.connections > 0
  output: '${SHOWN} %flow.direction %flow.peer.name %flow.bytes.out %flow.state'
  exceptions:
    - { name: others, fields: fd.rip, values: ['192.0.2.99'] }
`;

let net: Topology;
let agent: Collected;
let client: TestContainer;
let server: TestContainer;

const told = (): readonly DetectionLine[] =>
  agent
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as DetectionLine) // the agent's own output
    .filter(({ rule, output_fields }) =>
      rule.startsWith('Network: ')
        ? output_fields['container.name'] === client.name
        : rule.startsWith('e2e '),
    );

const until = (rule: string): Promise<DetectionLine | undefined> =>
  poll(() => told().find((line) => line.rule === rule), 30_000, 100);

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  net = await Topology.make();
  server = await runtime.start({ args: ['traffic', 'serve', '::', '8080'] });
  client = await runtime.start({ args: ['sleep', '600'] });
  await net.join(server.pid ?? 0, 32);
  await net.join(client.pid ?? 0, 31);
  const socket = join(scratch.path, 'agent.sock');
  const rules = join(scratch.path, 'rules.yaml');
  writeFileSync(rules, RULES);
  const args = [
    'run',
    '--json',
    '--network-detections',
    '--socket',
    socket,
    '--state',
    scratch.below('state'),
    '--all-matches',
    ...['--rules', rules],
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

it('tells the same of a connection by rules about flows as by those about calls, at both ends', async () => {
  await server.exec(['sh', '-c', `traffic serve :: ${PORT} >/dev/null 2>&1 & sleep 0.2`]);
  await client.exec(['traffic', 'many', SERVER.v4, String(PORT), '3']);
  const of = (rule: string, end: TestContainer): Promise<DetectionLine | undefined> =>
    poll(
      () => told().find((line) => line.rule === rule && line.output_fields['container.name'] === end.name),
      30_000,
      100,
    );
  const ends = (line: DetectionLine | undefined): unknown =>
    line === undefined ? undefined : ENDS.map((name) => [name, line.output_fields[name]]);
  const [asked, answered] = [await of('e2e flow', client), await of('e2e flow', server)];
  expect(asked).toMatchObject({
    source: 'flow',
    output_fields: { 'flow.direction': 'egress', 'flow.peer.name': server.name, 'fd.sip': SERVER.v4 },
  });
  expect(answered).toMatchObject({
    output_fields: { 'flow.direction': 'ingress', 'flow.peer.name': client.name, 'fd.is_server': true },
  });
  expect(ends(asked)).toEqual(ends(await of('e2e connect', client)));
  expect(ends(answered)).toEqual(ends(await of('e2e accept', server)));
}, 120_000);
