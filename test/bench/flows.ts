/**
 * What counting flows costs: short connections a second and throughput of one connection, without the programs and with
 * them (read once a second, as the agent does), in turn. Both over loopback and over a veth pair, in network namespaces of
 * their own. One JSON line per figure.
 *
 *   scripts/node --experimental-transform-types --import ./test/typescript.mjs test/bench/flows.ts [ROUNDS]
 *
 * (root; after `make build` and `scripts/build-test-programs.sh`)
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { FlowProbe } from '@runward/sensor/flows';
import { median, rounded } from './statistics.ts';

const rounds = Number(process.argv[2] ?? 9);
const repository = resolve(import.meta.dirname, '../..');
const traffic = join(repository, 'build/test-programs/traffic');
const objectPath = join(repository, 'build/bpf/flows.bpf.o');
const [near, far] = [`rwb${process.pid}a`, `rwb${process.pid}b`];
const CONNECTIONS = 8000;
const BYTES = 6 * 1024 ** 3;

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

async function measure(namespace: string, address: string): Promise<{ connections: number; bytes: number }> {
  const many = execFileSync(...inside(namespace, 'many', address, '7000', String(CONNECTIONS)), {
    encoding: 'utf8',
  });
  const seconds = Number(/seconds ([\d.]+)/.exec(many)?.[1]);
  const startedAtMs = performance.now();
  execFileSync(...inside(namespace, 'request', address, '7000', '32', String(BYTES)));
  return { connections: CONNECTIONS / seconds, bytes: BYTES / ((performance.now() - startedAtMs) / 1000) };
}

/** Measures with the programs attached and read once a second. */
async function counted<T>(act: () => Promise<T>): Promise<T> {
  const probe = await FlowProbe.open({ objectPath, flowsPerCgroup: 4096 });
  const timer = setInterval(() => probe.read(() => undefined), 1000);
  try {
    return await act();
  } finally {
    clearInterval(timer);
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
    const server = spawn(...inside(namespace, 'serve', address, '7000'), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    servers.push(server);
    await once(server.stdout, 'data');
  }
  const places = [
    ['loopback', near, '127.0.0.1'],
    ['veth', near, '10.78.0.2'],
  ] as const;
  for (const [place, namespace, address] of places) {
    const plain: { connections: number; bytes: number }[] = [];
    const withFlows: typeof plain = [];
    await measure(namespace, address); // warms up
    for (let round = 0; round < rounds; round += 1) {
      const both = [
        async (): Promise<unknown> => plain.push(await measure(namespace, address)),
        async (): Promise<unknown> => withFlows.push(await counted(() => measure(namespace, address))),
      ];
      for (const each of round % 2 === 0 ? both : both.toReversed()) await each();
    }
    for (const [what, unit, target] of [
      ['connections', '1/s', 0.9],
      ['bytes', 'B/s', 0.97],
    ] as const) {
      const ratios = plain.map((p, i) => (withFlows[i]?.[what] ?? Number.NaN) / p[what]);
      console.log(
        JSON.stringify({
          figure: `flows_${what}_${place}`,
          value: rounded(median(ratios)),
          unit: 'with flows / without',
          target,
          detail: {
            unit,
            without: plain.map((p) => rounded(p[what])),
            with: withFlows.map((p) => rounded(p[what])),
          },
        }),
      );
    }
  }
} finally {
  for (const server of servers) server.kill();
  for (const name of [near, far]) execFileSync('ip', ['netns', 'delete', name]);
}
