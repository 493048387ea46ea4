/**
 * What the network costs containers: short connections and the throughput of one TCP stream (iperf3) between two
 * containers over a bridge, with nothing, with flows counted, and with policies of 10 and of 10,000 networks at both ends, in
 * turn in each round, so that a slow spell of the machine meets all. Ratios to nothing in the same round. Of connections
 * and of bytes for each second of CPU time that both ends take, since other load hardly changes it; by the clock in `detail`.
 * One JSON line per figure.
 *
 *   apt-get install iperf3
 *   scripts/node --conditions=source --experimental-transform-types --import ./test/typescript.mjs test/bench/network.ts [ROUNDS]
 *
 * (root; after `make build` and `scripts/build-test-programs.sh`)
 */
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { FlowProbe } from '@runward/sensor/flows';
import { Guard } from '../e2e/guard.js';
import { which } from '../e2e/harness/host.js';
import { runtimes, type TestContainer } from '../e2e/harness/index.js';
import { must } from '../e2e/harness/process.js';
import { guest, Topology } from '../e2e/harness/topology.js';
import { median, rounded } from './statistics.js';

const rounds = Number(process.argv[2] ?? 5);
const CONNECTIONS = 3000;
const SECONDS = 2;
const [CLIENT, SERVER] = [guest(11), guest(12)];

interface Measured {
  /** For each second of CPU time of both ends. */
  readonly connections: number;
  readonly bytes: number;
  /** For each second of the clock. */
  readonly connectionsByClock: number;
  readonly bytesByClock: number;
}

if (which('iperf3') === undefined) throw new Error('iperf3 is missing: apt-get install iperf3');
const runtime = runtimes.runc();
const net = await Topology.make();
const mounts = [{ source: '/', target: '/host' }];
const server = await runtime.start({
  args: [
    ...['sh', '-c'],
    'traffic serve :: 7000 one-by-one >/dev/null & chroot /host iperf3 --server >/dev/null & wait',
  ],
  privileged: true,
  mounts,
});
const client = await runtime.start({ args: ['sleep', '3600'], privileged: true, mounts });
await net.join(client.pid ?? 0, 11);
await net.join(server.pid ?? 0, 12);
// A port in TIME_WAIT is used again: the rounds make more connections than there are ports.
await must('nsenter', [
  `--net=/proc/${client.pid}/ns/net`,
  ...['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/tcp_tw_reuse'],
]);

/** The server's processes, by what they are called. */
function pidOf(name: string): number {
  for (const pid of readdirSync('/proc')) {
    try {
      if (!/^\d+$/.test(pid) || readFileSync(join('/proc', pid, 'comm'), 'utf8').trim() !== name) continue;
      const group = readFileSync(join('/proc', pid, 'cgroup'), 'utf8');
      if (group === readFileSync(`/proc/${server.pid}/cgroup`, 'utf8')) return Number(pid);
    } catch {
      // it has ended
    }
  }
  throw new Error(`the server runs no \`${name}\``);
}

/** Documentation/scheduler/sched-stats.rst */
const cpuOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;

async function said(container: TestContainer, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await container.exec(args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

interface IperfReport {
  readonly end: {
    readonly sum_received: { readonly bytes: number; readonly seconds: number };
    /** Of one processor. */
    readonly cpu_utilization_percent: { readonly host_total: number; readonly remote_total: number };
  };
}

async function measure(): Promise<Measured> {
  const serving = pidOf('traffic');
  const before = cpuOf(serving);
  const many = await said(
    client,
    ...['env', 'TRAFFIC_CPU=yes', 'traffic', 'many', SERVER.v4, '7000', String(CONNECTIONS)],
  );
  const cpu = Number(/cpu ([\d.]+)/.exec(many)?.[1]) + cpuOf(serving) - before;
  const clock = Number(/seconds ([\d.]+)/.exec(many)?.[1]);
  const { end } = JSON.parse(
    await said(
      client,
      'chroot',
      '/host',
      'iperf3',
      '--client',
      SERVER.v4,
      '--json',
      '--time',
      String(SECONDS),
    ),
  ) as IperfReport; // iperf3's own report
  const { bytes, seconds } = end.sum_received;
  const { host_total, remote_total } = end.cpu_utilization_percent;
  return {
    connections: CONNECTIONS / cpu,
    connectionsByClock: CONNECTIONS / clock,
    bytes: bytes / (((host_total + remote_total) / 100) * seconds),
    bytesByClock: bytes / seconds,
  };
}

async function withFlows(): Promise<Measured> {
  const objectPath = 'build/bpf/flows.bpf.o';
  const probe = await FlowProbe.open({ objectPath, flowsPerCgroup: 4096 });
  try {
    return await measure();
  } finally {
    probe.close();
  }
}

/** A line names so many networks at most. */
const PER_LINE = 250;

/** All but the first of `count` networks are of others, none beside another; both ends are judged by as many. */
function policy(count: number): string {
  const networks = [
    `${CLIENT.v4.replace(/\d+$/, '0')}/24`,
    ...Array.from(
      { length: count - 1 },
      (_, at) => `100.${64 + (at >> 13)}.${(at >> 5) & 255}.${(at & 31) * 8}/30`,
    ),
  ];
  const lines = Array.from({ length: Math.ceil(count / PER_LINE) }, (_, at) =>
    networks.slice(at * PER_LINE, (at + 1) * PER_LINE).join(', '),
  ).flatMap((list) =>
    ['connect', 'accept'].map(
      (operation) => `    - { operation: ${operation}, cidrs: [${list}], protocols: [tcp] }\n`,
    ),
  );
  return `network:\n  mode: protect\n  ingress: deny\n  egress: deny\n  allow:\n${lines.join('')}`;
}

async function underPolicy(count: number): Promise<Measured> {
  const guard = await Guard.open(`/sys/fs/bpf/runward-bench-${process.pid}`);
  try {
    for (const container of [client, server]) guard.bind(container, policy(count));
    return await measure();
  } finally {
    await guard.close();
  }
}

const CONDITIONS = {
  nothing: measure,
  flows: withFlows,
  policy_10: () => underPolicy(10),
  policy_10000: () => underPolicy(10_000),
} as const;
type Condition = keyof typeof CONDITIONS;
const NAMES = Object.keys(CONDITIONS) as Condition[]; // of the table above

const measured = new Map<Condition, Measured[]>(NAMES.map((name) => [name, []]));
try {
  await measure(); // warms up
  for (let round = 0; round < rounds; round += 1)
    for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed())
      measured.get(name)?.push(await CONDITIONS[name]());
  const of = (name: Condition, what: keyof Measured): number[] =>
    measured.get(name)?.map((m) => m[what]) ?? [];
  const ratios = (name: Condition, what: keyof Measured): number[] =>
    of(name, what).map((value, i) => rounded(value / (of('nothing', what)[i] ?? Number.NaN)));
  for (const [what, clock, target] of [
    ['connections', 'connectionsByClock', 0.9],
    ['bytes', 'bytesByClock', 0.97],
  ] as const)
    for (const name of NAMES.slice(1)) {
      const detail = {
        ratios: ratios(name, what),
        ratioByClock: median(ratios(name, clock)),
        byClock: of(name, clock).map(rounded),
        nothingByClock: of('nothing', clock).map(rounded),
        load: loadavg()[0],
      };
      const unit = `${what} per second of CPU time, with / without`;
      const value = median(ratios(name, what));
      console.log(JSON.stringify({ figure: `network_${what}_${name}`, value, unit, target, detail }));
    }
} finally {
  await runtime.close();
  await net.remove();
}
