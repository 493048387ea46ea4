import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Guard } from './guard.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { type Collected, must, run, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';
import { guest, Topology } from './harness/topology.js';

const runtime = runtimes.runc();
const scratch = new Scratch('segmentation');
const processes: Collected[] = [];
let net: Topology;
let guard: Guard;
let web: TestContainer;
let db: TestContainer;
let other: TestContainer;

const [WEB, DB, OTHER] = [guest(2), guest(3), guest(4)];
const OUTSIDE = '192.0.2.9';
const SERVERS = [
  'traffic serve :: 8080 &',
  'traffic serve :: 8081 &',
  'traffic serve-udp :: 9090 &',
  'wait',
].join(' ');
const trafficProgram = new URL('../../build/test-programs/traffic', import.meta.url).pathname;

/** What `traffic` says; '' when nothing comes of it for a while: who is denied is told, but for datagrams. */
const traffic = async (container: TestContainer, ...args: readonly string[]): Promise<string> =>
  (await container.exec(['timeout', args[0] === 'request' ? '10' : '1', 'traffic', ...args])).stdout.trim();

const asks = (from: TestContainer, { v4 }: { readonly v4: string }, port = 8080): Promise<string> =>
  traffic(from, 'request', v4, `${port}`, '32', '7');
const asksByUdp = (from: TestContainer, address: string, ...how: readonly string[]): Promise<string> =>
  traffic(from, 'udp', address, '9090', '5', ...how);

const REFUSED = 'connect: Operation not permitted';
/** What a closed port is answered with as well. */
const RESET = 'connect: Connection refused';

/** In protect, failing closed. */
const protect = (lines: string): string => `network:\n  mode: protect\n${lines.replace(/^(?=.)/gm, '  ')}`;

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  net = await Topology.make();
  const shared = scratch.below('shared');
  mkdirSync(shared);
  const mounts = [{ source: shared, target: '/shared' }];
  web = await runtime.start({ args: ['sh', '-c', SERVERS], mounts, privileged: true });
  db = await runtime.start({ args: ['sh', '-c', SERVERS], mounts });
  other = await runtime.start({ args: ['sh', '-c', SERVERS], mounts });
  for (const [at, container] of [web, db, other].entries()) await net.join(container.pid ?? 0, at + 2);
  await must(...net.inOutside('ip', ['route', 'add', '10.77.0.0/24', 'via', '192.0.2.1']));
  guard = await Guard.open();
}, 180_000);

afterAll(async () => {
  for (const each of processes) await stop(each);
  await runtime.close();
  await guard?.close();
  await net?.remove();
  await scratch.remove();
}, 60_000);

describe('connections from elsewhere', () => {
  const policy = protect(`ingress: deny
allow:
  - { operation: accept, cidrs: [${WEB.v4}, "${WEB.v6}"], protocols: [tcp, udp], ports: [8080, 9090] }
`);

  it('are taken from those that are allowed, and from nobody else', async () => {
    expect([await asks(web, DB), await asks(other, DB)]).toEqual(['got 7', 'got 7']);
    guard.bind(db, policy);
    expect(await asks(web, DB)).toBe('got 7');
    expect(await traffic(web, 'request', DB.v6, '8080', '32', '7')).toBe('got 7');
    expect(await asks(other, DB)).toBe(RESET);
    expect(await traffic(other, 'request', DB.v6, '8080', '32', '7')).toBe(RESET);
    expect(await asks(web, DB, 8081)).toBe(RESET);
    expect(await asksByUdp(web, DB.v4)).toBe('got 10');
    expect(await asksByUdp(web, DB.v6, 'connected')).toBe('got 10');
    expect(await asksByUdp(other, DB.v4)).not.toMatch(/got/);
    expect(await asksByUdp(other, DB.v6)).not.toMatch(/got/);
  }, 60_000);

  it('are told with who asked and at which port, and counted by line', async () => {
    const told = await guard.verdictsOf(({ operation }) => operation === 'accept');
    expect(
      told.map(({ object, outcome, mechanism, pid }) => [object, outcome, mechanism, pid]),
    ).toContainEqual([...[`${OTHER.v4}:8080`, 'denied', 'cgroup', 0]]);
    const counts = guard.enforcement.counts(guard.load(policy));
    expect(counts.get(1)?.hits).toBeGreaterThan(0);
    expect(counts.get(2)?.hits).toBeGreaterThan(0);
  }, 60_000);

  it('are no answers: what it asks others is answered', async () => {
    expect(await asks(db, OTHER)).toBe('got 7');
    expect(await asksByUdp(db, OTHER.v4)).toBe('got 10');
    expect(await asks(db, { v4: '127.0.0.1' })).toBe('got 7');
  }, 60_000);

  it('happen in monitor, and are told', async () => {
    const from = guard.verdicts.length;
    guard.bind(db, policy.replace('protect', 'monitor'));
    expect(await asks(other, DB)).toBe('got 7');
    const [told] = await guard.verdictsOf(({ outcome }) => outcome === 'would-deny', from);
    expect(told?.object).toBe(`${OTHER.v4}:8080`);
    guard.unbind(db);
  }, 60_000);
});

describe('connections to elsewhere', () => {
  const policy = protect(`egress: deny
allow:
  - { operation: connect, cidrs: [10.77.0.0/24], except: [${OTHER.v4}], protocols: [tcp, udp], ports: [8080, 9090] }
`);

  it('are refused at once where no line allows them', async () => {
    guard.bind(web, policy);
    expect(await asks(web, DB)).toBe('got 7');
    expect(await asks(web, OTHER)).toBe(REFUSED);
    expect(await asks(web, DB, 8081)).toBe(REFUSED);
    expect(await traffic(web, 'request', DB.v6, '8080', '32', '7')).toBe(REFUSED);
    expect(await traffic(web, 'request', `::ffff:${OTHER.v4}`, '8080', '32', '7')).toBe(REFUSED);
    expect(await asks(web, { v4: '127.0.0.1' })).toBe('got 7');
    expect([await asksByUdp(web, DB.v4), await asksByUdp(web, DB.v4, 'connected')]).toEqual([
      'got 10',
      'got 10',
    ]);
    const denied = 'send: Operation not permitted';
    expect([await asksByUdp(web, OTHER.v4), await asksByUdp(web, OTHER.v4, 'connected')]).toEqual([
      denied,
      denied,
    ]);
  }, 60_000);

  it('are no answers: others that ask it are answered', async () => {
    expect(await asks(other, WEB)).toBe('got 7');
    expect(await asksByUdp(other, WEB.v4)).toBe('got 10');
  }, 60_000);

  it('are denied to raw sockets too, packet by packet', async () => {
    guard.bind(web, `${policy}    - { operation: connect, cidrs: [${DB.v4}], protocols: [raw] }\n`);
    expect(await traffic(web, 'send-raw', DB.v4, '9090')).toBe('sent');
    expect(await traffic(web, 'send-raw', OTHER.v4, '9090')).toBe('send: Operation not permitted');
  }, 60_000);

  it('are denied by a socket that another container made and connected', async () => {
    guard.bind(web, policy);
    const handed = other.exec([
      'timeout',
      '4',
      'traffic',
      'hand-over',
      OUTSIDE,
      '8443',
      '/shared/given.sock',
    ]);
    processes.push(startTied(...net.inOutside(trafficProgram, ['serve', OUTSIDE, '8443'])));
    await other.exec(['sleep', '0.5']);
    const again = other.exec(['timeout', '4', 'traffic', 'hand-over', OUTSIDE, '8443', '/shared/given.sock']);
    await other.exec(['sleep', '0.5']);
    expect(await traffic(web, 'take-over', '/shared/given.sock', '0')).not.toMatch(/got/);
    await Promise.all([handed, again]);
    guard.unbind(web);
    const free = other.exec(['timeout', '4', 'traffic', 'hand-over', OUTSIDE, '8443', '/shared/given.sock']);
    await other.exec(['sleep', '0.5']);
    expect(await traffic(web, 'take-over', '/shared/given.sock', '0')).toBe('got 7');
    await free;
  }, 60_000);

  it('are its own in whichever network namespace it is', async () => {
    guard.bind(web, policy);
    const inOther = (target: string): Promise<{ readonly stdout: string }> => {
      const group = `/proc/${web.pid}/cgroup`;
      const join = `for line in $(cut -d: -f3 ${group} | sort -u); do for tree in $(find /sys/fs/cgroup -maxdepth 1 -type d); do [ -e "$tree$line/cgroup.procs" ] && echo 0 > "$tree$line/cgroup.procs" 2>/dev/null; done; done`;
      const enter = `exec nsenter --mount=/proc/${web.pid}/ns/mnt --net=/proc/${other.pid}/ns/net timeout 1 traffic request ${target} 8081 32 7`;
      return run('sh', ['-c', `${join}; ${enter}`]);
    };
    expect((await inOther(DB.v4)).stdout.trim()).toBe(REFUSED);
    guard.unbind(web);
    expect((await inOther(DB.v4)).stdout.trim()).toBe('got 7');
  }, 60_000);
});

describe('connections that are older than the policy', () => {
  /** Says nothing while it holds the connection, and goes on holding it unless it is ended from outside. */
  const held = async (address: string, seconds: number): Promise<string> => {
    const { stdout } = await web.exec([
      ...['timeout', '20', 'traffic', 'request', address, '8080', '32', '7', `hold:${seconds}`],
    ]);
    return stdout.trim().replace('\n', ' ');
  };
  const ENDED = 'holding receive: Connection reset by peer';
  const MOMENT = ['sleep', '0.7'];

  it('end at once at both ends where it denies them', async () => {
    for (const [container, spec] of [
      [db, 'ingress: deny\nallow:\n  - { operation: accept, ports: [8081] }\n'],
      [web, 'egress: deny\nallow:\n  - { operation: connect, ports: [8081] }\n'],
    ] as const) {
      const idle = [held(DB.v4, 600), held(DB.v6, 600), held(`::ffff:${DB.v4}`, 600)];
      await web.exec(MOMENT);
      guard.bind(container, protect(spec));
      expect(await Promise.all(idle)).toEqual([ENDED, ENDED, ENDED]);
      expect((await db.exec(['sh', '-c', 'netstat -tn | grep -c :8080.*ESTABLISHED'])).stdout.trim()).toBe(
        '0',
      );
      guard.unbind(container);
    }
  }, 60_000);

  it('go on where it does not, and those that stay inside', async () => {
    const goOn = [held(DB.v4, 2), held('127.0.0.1', 2), held(WEB.v4, 2)];
    await web.exec(MOMENT);
    guard.bind(db, protect('ingress: deny\nallow:\n  - { operation: accept, ports: [8080] }\n'));
    guard.bind(
      web,
      protect(`ingress: deny\negress: deny\nallow:\n  - { operation: connect, cidrs: [${DB.v4}] }\n`),
    );
    expect(await Promise.all(goOn)).toEqual(Array(3).fill('holding got 7'));
    guard.unbind(db);
    guard.unbind(web);
  }, 60_000);
});

describe('limits', () => {
  const SIZE = 512 * 1024;
  const seven = async (): Promise<readonly string[]> => {
    const one = `traffic request ${DB.v4} 8080 32 7 2>&1`;
    const done = await web.exec(['sh', '-c', `for i in 1 2 3 4 5 6 7; do ${one}; done`]);
    return done.stdout.trim().split('\n');
  };
  /** How long it takes, milliseconds, to send and to be sent so much. */
  const transfer = async (out: number, back: number): Promise<number> => {
    const began = performance.now();
    const done = await web.exec(['traffic', 'request', DB.v4, '8080', `${out}`, `${back}`]);
    expect(done.stdout.trim()).toBe(`got ${back}`);
    return performance.now() - began;
  };

  it('refuse a connection more than they take in a second, and no others', async () => {
    const from = guard.verdicts.length;
    guard.bind(web, protect('limits: { connections: 1 }\n'));
    const answers = await seven();
    expect(answers).toHaveLength(7);
    expect([answers[0], answers.includes(REFUSED)]).toEqual(['got 7', true]);
    const [told] = await guard.verdictsOf(({ outcome }) => outcome === 'denied', from);
    expect(told).toMatchObject({ operation: 'connect', object: `${DB.v4}:8080`, limit: true, line: 1 });
    expect(await asks(web, { v4: '127.0.0.1' })).toBe('got 7');
    expect(await asks(other, WEB)).toBe('got 7');
  }, 60_000);

  it('tell in monitor, and let all happen', async () => {
    const from = guard.verdicts.length;
    guard.bind(web, 'network: { mode: monitor, limits: { connections: 1, egress: 64KiB } }');
    expect(new Set(await seven())).toEqual(new Set(['got 7']));
    await transfer(SIZE, 7);
    expect(await guard.verdictsOf(({ outcome }) => outcome === 'denied', from)).toEqual([]);
    const told = await guard.verdictsOf(({ outcome }) => outcome === 'would-deny', from);
    expect(new Set(told.map(({ operation }) => operation))).toEqual(new Set(['connect', 'send']));
  }, 60_000);

  it.each([
    ['egress', 'send', SIZE, 7],
    ['ingress', 'receive', 32, SIZE],
  ] as const)(
    'of %s drop what is more than a second holds, and TCP goes slower',
    async (limit, operation, out, back) => {
      const from = guard.verdicts.length;
      guard.bind(web, protect(`limits: { ${limit}: 128KiB }\n`));
      // A second's worth at once, a packet beyond it, and the rest at the pace of the limit.
      expect(await transfer(out, back)).toBeGreaterThan(1500);
      const [told] = await guard.verdictsOf((verdict) => verdict.operation === operation, from);
      expect(told).toMatchObject({ outcome: 'denied', limit: true, object: '' });
      guard.unbind(web);
    },
    60_000,
  );
});

describe('names', () => {
  const policy = protect(`egress: deny
allow:
  - { operation: connect, cidrs: [${OUTSIDE}], protocols: [udp], ports: [53-54] }
  - { operation: connect, peers: [{ name: "*.shop.test" }, { name: db.test }], ports: [8080] }
deny:
  - { operation: connect, cidrs: [${OTHER.v4}], comment: whatever it is called }
`);
  const nameServer = (port: string, address: string): void => {
    processes.push(startTied(...net.inOutside(trafficProgram, ['serve-names', OUTSIDE, port, address])));
  };
  const looksUp = (name: string, port = '53'): Promise<unknown> =>
    web.exec(['timeout', '2', 'nslookup', `-port=${port}`, name, OUTSIDE]);

  it('lead to addresses once a name server told them, at the first connection', async () => {
    nameServer('53', DB.v4);
    guard.bind(web, policy);
    expect(await asks(web, DB)).toBe(REFUSED);
    await looksUp('elsewhere.test');
    await looksUp('shop.test');
    expect(await asks(web, DB)).toBe(REFUSED);
    const { stdout } = await web.exec([
      ...['sh', '-c', `nslookup API.shop.test ${OUTSIDE} >/dev/null; traffic request ${DB.v4} 8080 32 7`],
    ]);
    expect(stdout.trim()).toBe('got 7');
    expect(await asks(web, DB, 8081)).toBe(REFUSED);
  }, 60_000);

  it('give no right to what a line denies, to the metadata service, or to others than were asked', async () => {
    await stop(processes.pop() ?? expect.fail('no name server'));
    nameServer('53', OTHER.v4);
    await looksUp('db.test');
    expect(await asks(web, OTHER)).toBe(REFUSED);
    await stop(processes.pop() ?? expect.fail('no name server'));
    nameServer('53', '169.254.169.254');
    await looksUp('db.test');
    expect(await asks(web, { v4: '169.254.169.254' })).toBe(REFUSED);
    // the container's own server, on its loopback
    await web.exec(['sh', '-c', 'traffic serve-names 127.0.0.1 53 10.77.0.1 >/dev/null 2>&1 & sleep 0.2']);
    await web.exec(['timeout', '2', 'nslookup', 'db.test', '127.0.0.1']);
    expect(await asks(web, { v4: '10.77.0.1' })).toBe(REFUSED);
    guard.unbind(web);
  }, 60_000);
});
