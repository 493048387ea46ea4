import { allowedNetwork, Isolation } from '@runward/enforce/isolation';
import { cgroupOf, type Guard, outcomesOf } from '../../e2e/guard.js';
import type { TestContainer } from '../../e2e/harness/index.js';
import { guest, NODE, Topology } from '../../e2e/harness/topology.js';
import type { Outcomes } from './sections.js';

/** What became of traffic between two containers: each attempt's outcome, words joined by `_`. */
export interface PacketResults {
  readonly ingress: Outcomes;
  readonly egress: Outcomes;
  /** With a limit of one connection a second. */
  readonly limited: Outcomes;
  /** Of a connection that was open: its ends, and what follows. */
  readonly tightened: Outcomes;
  readonly isolated: Outcomes;
  /** With nothing in the way. */
  readonly released: Outcomes;
  readonly ended: number;
}

const [CLIENT, SERVER] = [guest(11), guest(12)];
const IPV6 = 'for f in all default; do echo 0 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done';
const serve = (kind: string, port: number): string => `traffic ${kind} :: ${port} >/dev/null 2>&1 &`;
const SERVERS = [
  serve('serve', 8080),
  serve('serve', 8081),
  serve('serve-udp', 9090),
  serve('serve-udp', 9091),
].join(' ');

/** Attempts of a container, as `name outcome` lines of a shell: one call is dear in an emulated machine. */
const request = (name: string, address: string, port: number): string =>
  `t ${name} request ${address} ${port} 10 7`;
const udp = (name: string, address: string, port: number, how = ''): string =>
  `t ${name} udp ${address} ${port} 5 ${how}`;
const FROM_CLIENT = [
  request('tcp', SERVER.v4, 8080),
  request('tcp-other', SERVER.v4, 8081),
  request('tcp6', SERVER.v6, 8080),
  request('tcp6-other', SERVER.v6, 8081),
  request('mapped-other', `::ffff:${SERVER.v4}`, 8081),
  udp('udp', SERVER.v4, 9090),
  udp('udp-connected', SERVER.v4, 9090, 'connected'),
  udp('udp-other', SERVER.v4, 9091),
  udp('udp6-other', SERVER.v6, 9091),
  `t raw send-raw ${SERVER.v4} 9090`,
  `t raw-other send-raw ${NODE.v4} 9090`,
  `ping -c 1 -W 2 ${SERVER.v4} >/dev/null 2>&1 && echo ping ok || echo ping none`,
  request('loopback', '127.0.0.1', 8080),
];
const FROM_ISOLATED = FROM_CLIENT.filter((line) => !/-other request|-connected/.test(line));

/** Who is refused without an answer waits so long. */
const shell = (lines: readonly string[], seconds = 3): readonly string[] => [
  'sh',
  '-c',
  `t() { n=$1; shift; s=$(timeout ${seconds} traffic "$@" 2>&1 | tail -1 | tr ' ' _); echo "$n ${'$'}{s:-silence}"; }\n${lines.join('\n')}`,
];

async function say(container: TestContainer, lines: readonly string[], seconds?: number): Promise<Outcomes> {
  return outcomesOf((await container.exec([...shell(lines, seconds)])).stdout);
}

const protect = (lines: string): string => `network:\n  mode: protect\n${lines.replace(/^(?=.)/gm, '  ')}`;
const INGRESS = protect(`ingress: deny
allow:
  - { operation: accept, cidrs: [${CLIENT.v4}, "${CLIENT.v6}"], protocols: [tcp, udp], ports: [8080, 9090] }
`);
const EGRESS = protect(`egress: deny
allow:
  - { operation: connect, cidrs: [${SERVER.v4}, "${SERVER.v6}"], protocols: [tcp, udp], ports: [8080, 9090] }
  - { operation: connect, cidrs: [${SERVER.v4}], protocols: [raw] }
`);

/** Begins a connection that says nothing, runs `meanwhile`, and says what the one who began it was told. */
async function held(client: TestContainer, meanwhile: () => Promise<void>): Promise<string> {
  const begin = `rm -f /tmp/held; (traffic request ${SERVER.v4} 8080 10 7 hold:600; echo ended) >/tmp/held 2>&1 &`;
  const until = (word: string): string => `until grep -q ${word} /tmp/held; do sleep 0.1; done`;
  await client.exec(['sh', '-c', `${begin} ${until('holding')}`]);
  await meanwhile();
  const { stdout } = await client.exec([
    'timeout',
    '60',
    'sh',
    '-c',
    `${until('ended')}; sed -n 2p /tmp/held`,
  ]);
  return stdout.trim().replaceAll(' ', '_');
}

export async function tryPackets(
  guard: Guard,
  client: TestContainer,
  server: TestContainer,
): Promise<PacketResults> {
  const net = await Topology.make();
  const isolation = new Isolation({
    objectPath: 'build/bpf/isolate.bpf.o',
    pinFolder: '/sys/fs/bpf/runward-test-isolation',
  });
  try {
    for (const [container, n] of [
      [client, 11],
      [server, 12],
    ] as const) {
      guard.unbind(container);
      await container.exec(['sh', '-c', `${IPV6}; ${SERVERS}`]);
      await net.join(container.pid ?? 0, n);
    }
    guard.bind(server, INGRESS);
    const ingress = await say(client, FROM_CLIENT);
    guard.unbind(server);
    guard.bind(client, EGRESS);
    const egress = await say(client, FROM_CLIENT);
    guard.unbind(client);
    guard.bind(client, protect('limits: { connections: 1, egress: 1GiB, ingress: 1GiB }\n'));
    const limited = await say(client, [
      `t many many ${SERVER.v4} 8080 50`,
      request('loopback', '127.0.0.1', 8080),
    ]);
    guard.unbind(client);
    const deny = protect('ingress: deny\nallow:\n  - { operation: accept, ports: [8081] }\n');
    const tightened = {
      held: await held(client, async () => guard.bind(server, deny)),
      ...(await say(client, [request('tcp', SERVER.v4, 8080), request('tcp-other', SERVER.v4, 8081)])),
    };
    guard.unbind(server);
    let ended = 0;
    const heldIsolated = await held(client, async () => {
      const cut = await isolation.isolate({
        ...{ id: 'client', name: 'client', forMs: undefined },
        cgroups: [cgroupOf(client.pid ?? 0)],
        allow: [allowedNetwork(NODE.v4) ?? []].flat(),
      });
      ended = cut.connections;
    });
    const isolated = {
      held: heldIsolated,
      ...(await say(client, FROM_ISOLATED)),
      ...(await say(server, [request('inwards', CLIENT.v4, 8080)], 2)),
    };
    isolation.release('client');
    return { ingress, egress, limited, tightened, isolated, released: await say(client, FROM_CLIENT), ended };
  } finally {
    isolation.close();
    await net.remove();
  }
}
