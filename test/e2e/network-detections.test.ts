import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DetectionLine } from './harness/agent.js';
import { command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { type Collected, must, poll, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';
import { guest, Topology } from './harness/topology.js';

const runtime = runtimes.runc();
const scratch = new Scratch('network-detections');
const SERVER = guest(32);

let net: Topology;
let agent: Collected;
let client: TestContainer;
let server: TestContainer;
const processes: Collected[] = [];

const trafficProgram = new URL('../../build/test-programs/traffic', import.meta.url).pathname;
const OUTSIDE = '192.0.2.9';
const PORTS_OUTSIDE = [8443, 9001, 3128, 3333];
/** What takes hours to be known is known in seconds here. */
const SETTINGS = `volume: { bytes: 10MiB, history: 15s }
new-peer: { history: 15s }
new-port: { history: 15s }
`;

const told = (container = client): readonly DetectionLine[] =>
  agent
    .stdout()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as DetectionLine) // the agent's own output
    .filter(
      ({ source, output_fields }) => source === 'flow' && output_fields['container.name'] === container.name,
    );

const until = (rule: string): Promise<DetectionLine | undefined> =>
  poll(() => told().find((line) => line.rule === rule), 30_000, 100);

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  net = await Topology.make();
  server = await runtime.start({
    args: ['sh', '-c', 'traffic serve :: 8080 & traffic serve :: 8081 & wait'],
  });
  client = await runtime.start({ args: ['sleep', '600'] });
  await net.join(server.pid ?? 0, 32);
  await net.join(client.pid ?? 0, 31);
  for (const port of PORTS_OUTSIDE)
    processes.push(startTied(...net.inOutside(trafficProgram, ['serve', '::', String(port)])));
  processes.push(startTied(...net.inOutside(trafficProgram, ['serve-names', OUTSIDE, '53', OUTSIDE])));
  await must(...net.inOutside('ip', ['route', 'add', '10.77.0.0/24', 'via', '192.0.2.1']));
  const settings = join(scratch.path, 'network.yaml');
  writeFileSync(settings, SETTINGS);
  const socket = join(scratch.path, 'agent.sock');
  const args = [
    'run',
    '--json',
    ...['--network-detections', '--network-settings', settings],
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
  for (const each of processes) await stop(each);
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

/** Begins so many requests, one after the other, with `sleep` between them. */
const again = (count: number, sleep: string, ...requests: readonly string[]): string =>
  `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); ${requests.join('; ')}; sleep ${sleep}; done`;
const ask = (address: string, port: number, up = 32): string =>
  `timeout 5 traffic request ${address} ${port} ${up} 1000`;
/** A machine that is busy keeps no rhythm: it goes on until it did for long enough. */
const UNTIL_TOLD = '[ ! -e /tmp/told ] || break';
const HEX = "$(head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \\n')";
const lookUp = (name: string): string => `nslookup ${name} ${OUTSIDE}`;
const neighbours = (from: number, count: number, port: number): string =>
  `for n in $(seq ${from} ${from + count - 1}); do ${ask('10.77.0.$n', port)} & done; wait`;

/** All at once, each in a container of its own; a load is at the detectors' defaults but for what `SETTINGS` says. */
const LOADS: readonly {
  readonly name: string;
  readonly script: readonly string[];
  /** undefined: benign. */
  readonly tells: readonly string[];
  /** No other detector says anything. */
  readonly only?: boolean;
}[] = [
  {
    name: 'hostile: 200 ports of a neighbour, the metadata service, Tor, a proxy, a mining pool',
    script: [
      `traffic scan ${SERVER.v4} 100 200`,
      ask('169.254.169.254', 80),
      ...[9001, 3128, 3333].map((port) => ask(OUTSIDE, port)),
    ],
    tells: ['port-scan', 'metadata-access', 'tor', 'proxy', 'mining-pool'],
  },
  {
    name: 'hostile: one port of 30 addresses, SSH to ten',
    script: [neighbours(100, 30, 8081), neighbours(140, 10, 22)],
    tells: ['host-scan', 'fan-out'],
  },
  {
    name: 'hostile: a beacon every 6 to 7 s',
    script: [again(60, '$((6 + i % 4 / 3))', ask(OUTSIDE, 8443), UNTIL_TOLD)],
    tells: ['beacon'],
  },
  {
    name: 'hostile: data in DNS names, much sent at once, to somebody new, by a port never spoken',
    script: [
      ...[ask(OUTSIDE, 8443), ask(SERVER.v4, 8080), 'sleep 20'],
      ...[ask(OUTSIDE, 8443, 30_000_000), ask('192.0.2.1', 8443), ask(SERVER.v4, 8081)],
      again(60, '0.1', lookUp(`${HEX}.t.example`)),
    ],
    tells: ['dns-tunnel', 'volume', 'new-peer', 'new-port'],
  },
  {
    name: 'benign: health checks each second, metrics of twelve neighbours of which three are down, a server that is down',
    script: [
      again(30, '1', ask(SERVER.v4, 8080), ask(SERVER.v4, 9999), 'true'),
      again(6, '5', neighbours(32, 12, 8080)),
    ],
    tells: [],
    only: true,
  },
  {
    name: 'benign: a client of the web, irregular, downloads, look-ups of services',
    script: [
      again(
        12,
        '$(($(od -An -N1 -tu1 /dev/urandom) % 6))',
        ...['db', 'cache', 'web.shop.svc.cluster.local', 'api.example.org'].map(lookUp),
        ask(OUTSIDE, 8443),
      ),
    ],
    tells: [],
    only: true,
  },
  {
    name: 'benign: telemetry every 6 s',
    script: [again(60, '6', ask(OUTSIDE, 8443), UNTIL_TOLD)],
    tells: ['beacon'],
    only: true,
  },
];

it('tells hostile loads, and of benign ones those that come as a clock does', async () => {
  for (let n = 33; n < 41; n += 1)
    await must('nsenter', [`--net=/proc/${server.pid}/ns/net`, 'ip', 'address', 'add', `10.77.0.${n}/24`, 'dev', 'eth0']); // biome-ignore format: one command
  const running: Promise<unknown>[] = [];
  const containers: TestContainer[] = [];
  for (const [at, { script }] of LOADS.entries()) {
    const container = await runtime.start({ args: ['sleep', '600'] });
    await net.join(container.pid ?? 0, 50 + at);
    containers.push(container);
    running.push(container.exec(['sh', '-c', script.join('\n')]));
  }
  const toldOf = (at: number): readonly string[] => {
    const container = containers[at];
    if (container === undefined) return [];
    return [...new Set(told(container).map(({ output_fields }) => String(output_fields['flow.detector'])))];
  };
  const isTold = (): true | undefined =>
    LOADS.every(({ tells }, at) => tells.every((name) => toldOf(at).includes(name))) || undefined;
  await poll(isTold, 400_000, 500);
  for (const container of containers) await container.exec(['touch', '/tmp/told']);
  await Promise.all(running);
  const found = LOADS.map(({ name, tells, only }, at) => ({
    name,
    told: toldOf(at)
      .filter((detector) => only === true || tells.includes(detector))
      .toSorted(),
  }));
  expect(found).toEqual(LOADS.map(({ name, tells }) => ({ name, told: tells.toSorted() })));
}, 500_000);
