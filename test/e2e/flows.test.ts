import { mkdirSync, writeFileSync } from 'node:fs';
import type { Flow, ServiceMap } from '@runward/flows';
import { FlowProbe } from '@runward/sensor/flows';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskedAgent, command } from './harness/asked-agent.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { type Collected, must, poll, run, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';
import { answersThrough, guest, NODE, Topology } from './harness/topology.js';

interface Answer {
  readonly flows: readonly Flow[];
  readonly rest: readonly { readonly self: Flow['self']; readonly counters: Flow['counters'] }[];
}

const runtime = runtimes.runc();
const scratch = new Scratch('flows');
const processes: Collected[] = [];
let net: Topology;
let agent: AskedAgent;
let web: TestContainer;
let db: TestContainer;

const SERVICE = '10.96.0.10';
const OUTSIDE = '192.0.2.9';
const WEB = guest(2);
const DB = guest(3);

const SERVERS = [
  'traffic serve :: 8080 &',
  'traffic serve-udp :: 9090 &',
  'traffic serve /shared/db.sock 0 &',
  'wait',
].join(' ');

/** The traffic of one test is all there is at one port. */
const ask = async (filter: string): Promise<Answer> =>
  (await agent.client.ask('GET', `/v1/flows?${new URLSearchParams({ filter })}`)) as Answer; // the agent's own route

async function flowsWhen(
  filter: string,
  fits: (flows: readonly Flow[]) => boolean,
): Promise<readonly Flow[]> {
  let seen: readonly Flow[] = [];
  const found = await poll(
    async () => {
      seen = (await ask(filter)).flows;
      return fits(seen) ? seen : undefined;
    },
    15_000,
    200,
  );
  if (found !== undefined) return found;
  throw new Error(`no such flows of \`${filter}\`: ${JSON.stringify(seen, undefined, 1)}`);
}

/** Both halves of what happens between the two containers at a port, once they count this much. */
async function bothEnds(
  port: number,
  done: (client: Flow, server: Flow) => boolean,
): Promise<readonly [Flow, Flow]> {
  const pick = (flows: readonly Flow[]): readonly [Flow | undefined, Flow | undefined] => [
    flows.find(({ role, self }) => role === 'client' && self.name === web.name),
    flows.find(({ role, self }) => role === 'server' && self.name === db.name),
  ];
  const found = pick(
    await flowsWhen(`port=${port} container=${web.name},${db.name}`, (flows) => {
      const [client, server] = pick(flows);
      return client !== undefined && server !== undefined && done(client, server);
    }),
  );
  return found as readonly [Flow, Flow]; // the poll saw both
}

const traffic = async (...args: readonly string[]): Promise<string> =>
  (await web.exec(['traffic', ...args])).stdout.trim();

/** A server of its own for each test, so that its port counts nothing else. */
async function serve(kind: 'serve' | 'serve-udp', port: number): Promise<void> {
  const done = await db.exec(['sh', '-c', `traffic ${kind} :: ${port} >/dev/null 2>&1 & sleep 0.2`]);
  expect(done.code).toBe(0);
}

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  net = await Topology.make();
  const shared = scratch.below('shared');
  mkdirSync(shared);
  const mounts = [{ source: shared, target: '/shared' }];
  db = await runtime.start({ args: ['sh', '-c', SERVERS], mounts });
  web = await runtime.start({ args: ['sleep', '3600'], mounts });
  await net.join(db.pid ?? 0, 3);
  await net.join(web.pid ?? 0, 2);
  await answersThrough(db.pid, WEB.v4, NODE.v4);
  await must(...net.inOutside('ip', ['route', 'add', '10.77.0.0/24', 'via', '192.0.2.1']));
  await must(...net.inOutside('iptables', ['-A', 'INPUT', '-p', 'tcp', '--dport', '9999', '-j', 'DROP']));
  const nat = (...rule: readonly string[]): Promise<unknown> =>
    net.onNode('iptables', ['-t', 'nat', ...rule]);
  const toDb = ['-j', 'DNAT', '--to-destination', `${DB.v4}:8080`];
  await nat('-A', 'PREROUTING', '-p', 'tcp', '-d', SERVICE, '--dport', '80', ...toDb);
  await nat('-A', 'PREROUTING', '-p', 'tcp', '-d', '192.0.2.1', '--dport', '8088', ...toDb);
  processes.push(
    startTied(...net.inOutside(trafficProgram, ['serve', OUTSIDE, '8443'])),
    startTied(...net.inOutside(trafficProgram, ['serve-names', OUTSIDE, '53', OUTSIDE])),
  );
  // Older than the agent.
  await web.exec(['sh', '-c', `traffic request ${DB.v4} 8080 1000 7 hold:3600 >/dev/null 2>&1 & sleep 0.5`]);
  agent = await AskedAgent.start({ inside: (program, args) => net.inNode(program, args) });
}, 180_000);

afterAll(async () => {
  await agent?.stop();
  for (const each of processes) await stop(each);
  await runtime.close();
  await net?.remove();
  await scratch.remove();
}, 60_000);

const objectPath = new URL('../../build/bpf/flows.bpf.o', import.meta.url).pathname;
const trafficProgram = new URL('../../build/test-programs/traffic', import.meta.url).pathname;

describe('both ends of a flow between two containers', () => {
  it.each([
    ['IPv4', DB.v4, DB.v4, WEB.v4, false, 8101],
    ['IPv6', DB.v6, DB.v6, WEB.v6, false, 8102],
    ['IPv4 in IPv6 sockets', `::ffff:${DB.v4}`, DB.v4, WEB.v4, true, 8103],
  ])('count the same over TCP and %s', async (_, target, there, here, isMapped, port) => {
    await serve('serve', port);
    for (let i = 0; i < 3; i += 1)
      expect(await traffic('request', target, String(port), '100000', '250000')).toBe('got 250000');
    const [client, server] = await bothEnds(
      port,
      (c, s) => c.counters.closed === 3 && s.counters.closed === 3,
    );
    expect(client).toMatchObject({
      ...{ protocol: 'tcp', remote: there, local: here, isMapped, open: 0, isGuessed: false },
      peer: { kind: 'container', name: db.name },
      counters: {
        attempts: 3,
        established: 3,
        resetsIn: 0,
        resetsOut: 0,
      },
    });
    expect(server).toMatchObject({
      ...{ protocol: 'tcp', remote: here, local: there, open: 0 },
      peer: { kind: 'container', name: web.name },
      counters: {
        attempts: 0,
        established: 3,
        resetsIn: 0,
        resetsOut: 0,
      },
    });
  });

  it.each([
    ['IPv4', DB.v4, 8111],
    ['IPv6', DB.v6, 8112],
    ['IPv4 in IPv6 sockets', `::ffff:${DB.v4}`, 8113],
  ])('count the same over UDP and %s', async (_, target, port) => {
    await serve('serve-udp', port);
    expect(await traffic('udp', target, String(port), '100')).toBe('got 200');
    expect(await traffic('udp', target, String(port), '100', 'connected')).toBe('got 200');
    const [client, server] = await bothEnds(
      port,
      (c, s) => c.counters.packetsIn === 2 && s.counters.packetsOut === 2,
    );
    expect(client.counters).toMatchObject({ bytesOut: 200, bytesIn: 400, packetsOut: 2, attempts: 0 });
    expect(server.counters).toMatchObject({ bytesIn: 200, bytesOut: 400, packetsIn: 2 });
    expect([client.peer.name, server.peer.name]).toEqual([db.name, web.name]);
  });

  it('tell who reset a connection', async () => {
    await serve('serve', 8121);
    expect(await traffic('request', DB.v4, '8121', '100', '10', 'reset')).toMatch(
      /^receive: Connection reset|^got/,
    );
    const [client, server] = await bothEnds(
      8121,
      (c, s) => c.counters.closed === 1 && s.counters.closed === 1,
    );
    expect(server.counters.resetsOut + server.counters.resetsIn).toBe(1);
    expect(server.counters.resetsOut).toBe(1);
    expect(client.counters).toMatchObject({ refused: 0, resetsOut: 0 });
  });

  it('know of a connection that is older than the agent, its bytes and its end', async () => {
    const [client, server] = await bothEnds(8080, (c, s) => c.open === 1 && s.open === 1);
    expect(client).toMatchObject({ isGuessed: false, counters: { existing: 1 } });
    expect(server).toMatchObject({ isGuessed: false, counters: { existing: 1 } });
    const before = client.counters.bytesIn;
    expect((await web.exec(['sh', '-c', 'kill $(pidof traffic)'])).code).toBe(0);
    const [after] = await bothEnds(8080, (c, s) => c.open === 0 && s.open === 0);
    expect(after.counters.bytesIn).toBeGreaterThanOrEqual(before);
  });
});

it('programs that count stand beside those of another agent', async () => {
  await serve('serve', 8131);
  const probe = await FlowProbe.open({ objectPath, flowsPerCgroup: 100 });
  try {
    expect(await traffic('request', DB.v4, '8131', '100', '10')).toBe('got 10');
    await bothEnds(8131, (c, s) => c.counters.closed === 1 && s.counters.closed === 1);
    const seen: string[] = [];
    expect(
      probe.read(({ port, role, counters }) => port === 8131 && seen.push(`${role} ${counters.closed}`)),
    ).toBe(true);
    expect(seen.toSorted()).toEqual(['client 1', 'server 1']);
  } finally {
    probe.close();
  }
});

describe('what does not come to be', () => {
  it('is refused, by the container that has the address', async () => {
    expect(await traffic('request', DB.v4, '8201', '100', '1')).toContain('refused');
    const [flow] = await flowsWhen(`port=8201 container=${web.name}`, ([f]) => f?.counters.refused === 1);
    expect(flow).toMatchObject({
      peer: { name: db.name },
      counters: { attempts: 1, established: 0, timedOut: 0 },
    });
  });

  it('is refused over UDP where the socket is connected', async () => {
    expect(await traffic('udp', DB.v4, '8202', '10', 'connected')).toContain('refused');
    const [flow] = await flowsWhen(`port=8202 container=${web.name}`, ([f]) => f?.counters.refused === 1);
    expect(flow).toMatchObject({ protocol: 'udp', peer: { name: db.name } });
  });

  it('is unreachable', async () => {
    expect(await traffic('request', '10.77.0.99', '8203', '100', '1')).toContain('No route');
    const [flow] = await flowsWhen('port=8203', ([f]) => f?.counters.unreachable === 1);
    expect(flow).toMatchObject({ peer: { kind: 'external' }, counters: { refused: 0, timedOut: 0 } });
  });

  it('is not answered, which is no refusal', async () => {
    await must('nsenter', [
      `--net=/proc/${web.pid}/ns/net`,
      ...['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/tcp_syn_retries'],
    ]);
    expect(await traffic('request', OUTSIDE, '9999', '100', '1')).toContain('timed out');
    const [flow] = await flowsWhen('port=9999', ([f]) => f?.counters.timedOut === 1);
    expect(flow?.counters).toMatchObject({ attempts: 1, refused: 0, abandoned: 0 });
  });
});

describe('the other end', () => {
  it('has the name its container was told for it', async () => {
    await web.exec(['nslookup', 'api.example.test', OUTSIDE]);
    expect(await traffic('request', OUTSIDE, '8443', '100', '10')).toBe('got 10');
    const [flow] = await flowsWhen(`port=8443 peer=api.example.test`, ([f]) => f?.counters.closed === 1);
    expect(flow?.peer).toMatchObject({ kind: 'external', address: OUTSIDE, names: ['api.example.test'] });
  });

  it('of a service is the container behind it, and the server sees who asked', async () => {
    expect(await traffic('request', SERVICE, '80', '100', '10')).toBe('got 10');
    const [flow] = await flowsWhen(
      `container=${web.name} service=${SERVICE}`,
      ([f]) => f?.counters.closed === 1,
    );
    expect(flow).toMatchObject({
      ...{ remote: SERVICE, port: 80 },
      peer: { kind: 'container', name: db.name, port: 8080, service: { address: SERVICE, port: 80 } },
    });
    const map = (await agent.client.ask('GET', '/v1/map')) as ServiceMap; // the agent's own route
    const edge = map.edges.find(({ services }) => services.includes(`${SERVICE}:80`));
    expect(edge).toMatchObject({
      client: `workload:${web.name}`,
      server: `workload:${db.name}`,
      port: 8080,
      seenBy: 'both',
    });
  });

  it('that comes from outside through the node is told with what it asked for', async () => {
    await must(...net.inOutside(trafficProgram, ['request', '192.0.2.1', '8088', '100', '10']));
    const [flow] = await flowsWhen(
      `container=${db.name} peer=${OUTSIDE}`,
      ([f]) => f?.counters.closed === 1 && f.peer.service !== undefined,
    );
    expect(flow).toMatchObject({
      role: 'server',
      peer: { kind: 'external', address: OUTSIDE, service: { address: '192.0.2.1', port: 8088 } },
    });
  });

  it('may be the host', async () => {
    await serve('serve', 8301);
    await net.onNode(trafficProgram, ['request', DB.v4, '8301', '100', '10']);
    const [flow] = await flowsWhen(`container=${db.name} port=8301`, ([f]) => f?.counters.closed === 1);
    expect(flow).toMatchObject({ role: 'server', peer: { kind: 'host', address: '10.77.0.1' } });
  });

  it('answers a ping by its kernel, seen at the end that asks', async () => {
    expect((await web.exec(['ping', '-c', '3', '-i', '0.2', DB.v4])).code).toBe(0);
    const [flow] = await flowsWhen(
      `protocol=icmp container=${web.name}`,
      ([f]) => f?.counters.packetsIn === 3,
    );
    expect(flow).toMatchObject({ role: 'client', peer: { name: db.name }, counters: { packetsOut: 3 } });
  });

  it('of a unix socket on a shared mount is on the map', async () => {
    await web.exec([
      'sh',
      '-c',
      'traffic request /shared/db.sock 0 100 1 hold:30 >/dev/null 2>&1 & sleep 0.3',
    ]);
    const map = (await agent.client.ask('GET', '/v1/map')) as ServiceMap; // the agent's own route
    const edge = map.edges.find(({ protocol }) => protocol === 'unix');
    expect(edge).toMatchObject({
      ...{ client: `workload:${web.name}`, server: `workload:${db.name}` },
      ...{ path: '/shared/db.sock', open: 1 },
    });
  });
});

describe('the commands', () => {
  const runward = (...args: readonly string[]) => run(command, agent.argv(...args));

  it('follow what happens', async () => {
    await serve('serve', 8501);
    const following = startTied(
      command,
      agent.argv('flows', '--follow', '--json', 'port=8501', `container=${web.name}`),
    );
    processes.push(following);
    const line = await poll(
      async () => {
        await traffic('request', DB.v4, '8501', '100', '10');
        return following.stdout().split('\n')[0] || undefined;
      },
      30_000,
      500,
    );
    expect(JSON.parse(line ?? '')).toMatchObject({
      self: { name: web.name },
      peer: { name: db.name },
      port: 8501,
    });
  });

  it('list flows and draw the map', async () => {
    const list = await runward('flows', `container=${web.name}`, 'port=8101');
    expect(list.stdout).toMatch(new RegExp(`${web.name} +-> +${db.name} +tcp/8101 +3 +0`));
    expect((await runward('map', '--dot')).stdout).toContain(
      `"workload:${web.name}" -> "workload:${db.name}"`,
    );
    expect((await runward('map', '--html')).stdout).toMatch(/^<!doctype html>[\s\S]*<svg [\s\S]*<\/html>\n$/);
    expect((await runward('map')).stdout).toMatch(new RegExp(`${web.name} +${db.name} +tcp/8101 +3`));
  });

  it('refuse a filter that says nothing, and forms that exclude each other', async () => {
    expect(await runward('flows', 'prot=tcp')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing a flow is known by'),
    });
    expect(await runward('map', '--dot', '--html')).toMatchObject({ code: 2 });
  });
});

describe('what policies say', () => {
  const runward = (...args: readonly string[]): ReturnType<typeof run> =>
    run(command, [...agent.argv(...args)]);
  const policyOf = (name: string, network: string): string => `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: ${name} }
spec:
  selector: { containerNames: [${name === 'db' ? db.name : web.name}] }
  network: { mode: protect, ${network} }
`;

  it('is beside the connections they allowed, denied, or refused before there was one', async () => {
    await serve('serve', 8511);
    await serve('serve', 8512);
    const file = `${scratch.path}/policies.yaml`;
    const toDb = (port: number): string =>
      `{ operation: accept, cidrs: [${WEB.v4}], protocols: [tcp], ports: [${port}] }`;
    writeFileSync(
      file,
      [
        policyOf('db', `ingress: deny, allow: [${toDb(8511)}]`),
        policyOf('web', `deny: [{ operation: connect, protocols: [tcp], ports: [8513] }]`),
      ].join('---\n'),
    );
    const applied = await runward('policy', 'apply', file, '--state', agent.state);
    expect([applied.code, applied.stderr]).toEqual([0, expect.anything()]);
    const refused = (): Promise<string> => traffic('request', DB.v4, '8512', '32', '7');
    // Each container is under its own once it is bound.
    for (const [asks, said] of [
      [refused, 'connect: Connection refused'],
      [() => traffic('request', DB.v4, '8513', '32', '7'), 'connect: Operation not permitted'],
    ] as const)
      expect(await poll(async () => (await asks()) === said || undefined, 15_000, 100)).toBe(true);
    for (let i = 0; i < 3; i += 1) expect(await traffic('request', DB.v4, '8511', '32', '7')).toBe('got 7');
    const edges = async (): Promise<Record<number, ServiceMap['edges'][number]['policy']>> => {
      const map = (await agent.client.ask('GET', `/v1/map?${new URLSearchParams({ filter: 'port=8511-8513' })}`)) as ServiceMap; // biome-ignore format: the agent's own route
      return Object.fromEntries(map.edges.map(({ port, policy }) => [port, policy]));
    };
    const found = await poll(
      async () => {
        const all = await edges();
        return (all[8511]?.allowed === 3 && all[8512]?.denied && all[8513]?.denied && all) || undefined;
      },
      15_000,
      200,
    );
    expect(found ?? (await edges())).toMatchObject({
      8511: { allowed: 3, denied: 0, wouldDeny: 0 },
      8512: { denied: 1, wouldDeny: 0 },
      8513: { denied: 1, wouldDeny: 0 },
    });
    expect((await runward('map', 'port=8512')).stdout).toMatch(/tcp\/8512 .* 1 denied/);
    expect((await runward('flows', 'denied=yes', 'port=8513')).stdout).toMatch(/tcp\/8513 .* 1 denied/);
    await runward('policy', 'delete', 'db', 'web', '--state', agent.state);
    expect(await poll(async () => (await refused()) === 'got 7' || undefined, 15_000, 100)).toBe(true);
  }, 60_000);
});

describe('a flood', () => {
  it('of short connections to one port is one flow, and none is missed', async () => {
    await serve('serve', 8401);
    expect(await traffic('many', DB.v4, '8401', '1000')).toContain('connections 1000');
    const [client, server] = await bothEnds(
      8401,
      (c, s) => c.counters.closed >= 1000 && s.counters.closed >= 1000,
    );
    expect(client.counters).toMatchObject({
      attempts: 1000,
      established: 1000,
      closed: 1000,
      bytesOut: 32_000,
    });
    expect(server.counters).toMatchObject({ established: 1000, closed: 1000, bytesIn: 32_000 });
  }, 60_000);

  it('of ports is bounded; what does not fit is counted by container', async () => {
    expect(await traffic('scan', DB.v4, '20000', '6000')).toBe('refused 6000');
    const filter = `container=${web.name} port=20000-25999`;
    const flows = await flowsWhen(filter, (all) => all.length > 3000);
    expect(flows.length).toBeLessThanOrEqual(4096);
    const { rest } = await ask(filter);
    const mine = rest.find(({ self }) => self.name === web.name);
    const told = flows.reduce((sum, { counters }) => sum + counters.refused, 0);
    expect(told + (mine?.counters.refused ?? 0)).toBe(6000);
    expect(mine?.counters.attempts).toBe(mine?.counters.refused);
    // Room is made for what comes after.
    const found = await poll(
      async () => {
        await traffic('udp', DB.v4, '9090', '10');
        const { flows: again } = await ask(`container=${web.name} port=9090`);
        return again.length > 0 || undefined;
      },
      30_000,
      500,
    );
    expect(found).toBe(true);
  }, 60_000);
});
