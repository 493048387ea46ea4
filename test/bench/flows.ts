/**
 * What counting flows costs: short connections and bytes of one connection per second of the CPU time that client and
 * server take together (of the clock in `detail`), without the programs and with them, in turn. Over loopback and over a
 * veth pair, in network namespaces of their own. One JSON line per figure.
 *
 *   scripts/node --experimental-transform-types --import ./test/typescript.mjs test/bench/flows.ts [ROUNDS]
 *
 * (root; after `make build` and `scripts/build-test-programs.sh`)
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FlowProbe } from '@runward/sensor/flows';
import { median, rounded } from './statistics.ts';

const rounds = Number(process.argv[2] ?? 9);
const repository = resolve(import.meta.dirname, '../..');
const traffic = join(repository, 'build/test-programs/traffic');
const objectPath = join(repository, 'build/bpf/flows.bpf.o');
const [near, far] = [`rwb${process.pid}a`, `rwb${process.pid}b`];
const CONNECTIONS = 4000;
const BYTES = 2 * 1024 ** 3;

const ip = (...args: readonly string[]): void => void execFileSync('ip', args);
const inside = (namespace: string, ...args: readonly string[]): [string, string[]] => [
  'nsenter',
  [`--net=/run/netns/${namespace}`, traffic, ...args],
];

function prepare(): void {
  for (const name of [near, far]) {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  ip('-n', near, 'link', 'add', 'v', 'type', 'veth', 'peer', 'name', 'v', 'netns', far);
  for (const [name, address] of [
    [near, '10.78.0.1/24'],
    [far, '10.78.0.2/24'],
  ] as const) {
    ip('-n', name, 'address', 'add', address, 'dev', 'v');
    ip('-n', name, 'link', 'set', 'v', 'up');
    // A port in TIME_WAIT is used again: the rounds make more connections than there are ports.
    execFileSync('nsenter', [
      `--net=/run/netns/${name}`,
      'sh',
      '-c',
      'echo 1 > /proc/sys/net/ipv4/tcp_tw_reuse',
    ]);
  }
}

interface Measured {
  /** Per second of CPU time that client and server took together; and of the clock. */
  readonly connections: number;
  readonly connectionsByClock: number;
  readonly bytes: number;
  readonly bytesByClock: number;
}

/** CPU time a process has had, in seconds (Documentation/scheduler/sched-stats.rst). */
const cpuOf = (pid: number | undefined): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9;

function ask(
  server: ChildProcess,
  namespace: string,
  ...args: readonly string[]
): { cpu: number; clock: number } {
  const before = cpuOf(server.pid);
  const startedAtMs = performance.now();
  const env = { ...process.env, TRAFFIC_CPU: 'yes' };
  const said = execFileSync(...inside(namespace, ...args), { encoding: 'utf8', env });
  const clock = (performance.now() - startedAtMs) / 1000;
  return { clock, cpu: Number(/cpu ([\d.]+)/.exec(said)?.[1]) + cpuOf(server.pid) - before };
}

function measure(server: ChildProcess, namespace: string, address: string): Measured {
  const many = ask(server, namespace, 'many', address, '7000', String(CONNECTIONS));
  const one = ask(server, namespace, 'request', address, '7000', '32', String(BYTES));
  return {
    connections: CONNECTIONS / many.cpu,
    connectionsByClock: CONNECTIONS / many.clock,
    bytes: BYTES / one.cpu,
    bytesByClock: BYTES / one.clock,
  };
}

/** Measures with the programs attached and read once a second. */
async function counted<T>(act: () => T): Promise<T> {
  const probe = await FlowProbe.open({ objectPath, flowsPerCgroup: 4096 });
  try {
    return act();
  } finally {
    probe.read(() => undefined);
    probe.close();
  }
}

/** Nanoseconds that the programs of this process have run, by the kernel's own statistics. */
function programNs(): number {
  let sum = 0;
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    try {
      const text = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      sum += Number(/^run_time_ns:\s*(\d+)/m.exec(text)?.[1] ?? 0);
    } catch {
      // The descriptor that listed them.
    }
  }
  return sum;
}

/**
 * The programs' share of the CPU time: measured within one run, so other load hardly changes it. What the kernel does around
 * a program is not in it, what its statistics cost is.
 */
async function share(server: ChildProcess, address: string): Promise<void> {
  const statistics = '/proc/sys/kernel/bpf_stats_enabled';
  const probe = await FlowProbe.open({ objectPath, flowsPerCgroup: 4096 });
  writeFileSync(statistics, '1');
  try {
    for (const [what, amount, args] of [
      ['connections', CONNECTIONS, ['many', address, '7000', String(CONNECTIONS)]],
      ['bytes', BYTES, ['request', address, '7000', '32', String(BYTES)]],
    ] as const) {
      const before = programNs();
      const { cpu } = ask(server, near, ...args);
      const ns = programNs() - before;
      console.log(
        JSON.stringify({
          figure: `flows_programs_${what}`,
          value: rounded((100 * ns) / (cpu * 1e9)),
          unit: '% of the CPU time of client and server',
          detail: { nsEach: rounded(ns / amount), cpuNsEach: rounded((cpu * 1e9) / amount) },
        }),
      );
    }
  } finally {
    writeFileSync(statistics, '0');
    probe.close();
  }
}

const servers: ChildProcess[] = [];
try {
  prepare();
  for (const [namespace, address] of [
    [near, '127.0.0.1'],
    [far, '10.78.0.2'],
  ] as const) {
    const server = spawn(...inside(namespace, 'serve', address, '7000', 'one-by-one'), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    servers.push(server);
    await once(server.stdout, 'data');
  }
  const places = [
    ['loopback', servers[0], '127.0.0.1'],
    ['veth', servers[1], '10.78.0.2'],
  ] as const;
  if (servers[0] !== undefined) await share(servers[0], '127.0.0.1');
  for (const [place, server, address] of places) {
    if (server === undefined) throw new Error('a server is missing');
    const plain: Measured[] = [];
    const withFlows: Measured[] = [];
    measure(server, near, address); // warms up
    for (let round = 0; round < rounds; round += 1) {
      const both = [
        async (): Promise<unknown> => plain.push(measure(server, near, address)),
        async (): Promise<unknown> => withFlows.push(await counted(() => measure(server, near, address))),
      ];
      for (const each of round % 2 === 0 ? both : both.toReversed()) await each();
    }
    const ratio = (what: keyof Measured): number =>
      rounded(median(plain.map((p, i) => (withFlows[i]?.[what] ?? Number.NaN) / p[what])));
    for (const [what, clock, target] of [
      ['connections', 'connectionsByClock', 0.9],
      ['bytes', 'bytesByClock', 0.97],
    ] as const) {
      const detail = {
        ratioByClock: ratio(clock),
        without: plain.map((p) => rounded(p[what])),
        with: withFlows.map((p) => rounded(p[what])),
        withoutByClock: plain.map((p) => rounded(p[clock])),
        withByClock: withFlows.map((p) => rounded(p[clock])),
      };
      const unit = `${what} per second of CPU time, with flows / without`;
      console.log(
        JSON.stringify({ figure: `flows_${what}_${place}`, value: ratio(what), unit, target, detail }),
      );
    }
  }
} finally {
  for (const server of servers) server.kill();
  for (const name of [near, far]) execFileSync('ip', ['netns', 'delete', name]);
}
