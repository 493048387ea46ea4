import type { IsolationAnswer } from '@runward/agent/isolation';
import type { Flow, ServiceMap } from '@runward/flows';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AskedAgent, command } from './harness/asked-agent.js';
import { ContainerdCriRuntime } from './harness/containerd-cri.js';
import { requireRuntime, type TestContainer } from './harness/index.js';
import { must, poll, run } from './harness/process.js';
import { answersThrough, ROUTER } from './harness/topology.js';

const runtime = new ContainerdCriRuntime();
const SERVICE = '10.96.0.20';
/** Of the bridge the network plug-in makes. */
const GATEWAY = '192.0.2.1';
let agent: AskedAgent;
let web: TestContainer;
let db: TestContainer;

/** The address CNI gave to a pod. */
async function addressOf(pod: TestContainer): Promise<string> {
  const text = await must('nsenter', [
    `--net=/proc/${pod.pid}/ns/net`,
    'ip',
    '-4',
    '-o',
    'address',
    'show',
    'eth0',
  ]);
  return /inet ([\d.]+)/.exec(text)?.[1] ?? '';
}

async function flowsWhen(filter: string, count: number): Promise<readonly Flow[]> {
  const query = new URLSearchParams({ filter });
  let seen: readonly Flow[] = [];
  const found = await poll(
    async () => {
      const answer = await agent.client.ask('GET', `/v1/flows?${query}`);
      seen = (answer as { readonly flows: readonly Flow[] }).flows; // the agent's own route
      return seen.length >= count && seen.every(({ counters }) => counters.closed > 0) ? seen : undefined;
    },
    15_000,
    200,
  );
  if (found === undefined) throw new Error(`no ${count} flows of \`${filter}\`: ${JSON.stringify(seen)}`);
  return found;
}

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  db = await runtime.start({
    args: ['sh', '-c', 'traffic serve :: 5432 & traffic serve 127.0.0.1 9000 & wait'],
  });
  web = await runtime.start({ args: ['sleep', '3600'] });
  const rule = ['-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '-d', SERVICE, '--dport', '80', '-j', 'DNAT'];
  const target = ['--to-destination', `${await addressOf(db)}:5432`];
  await must(...(await runtime.daemon.inNetwork('iptables', [...rule, ...target])));
  await must(...(await runtime.daemon.inNetwork('sh', ['-c', ROUTER])));
  await must('nsenter', [`--net=/proc/${web.pid}/ns/net`, 'ip', 'route', 'add', 'default', 'via', GATEWAY]);
  await answersThrough(db.pid, await addressOf(web), GATEWAY);
  const [enter, argv] = await runtime.daemon.inNetwork('', []);
  agent = await AskedAgent.start({
    args: ['--runtime-socket', `containerd=${runtime.socket}`],
    inside: (program, args) => [enter, [...argv.slice(0, -1), program, ...args]],
  });
}, 180_000);

afterAll(async () => {
  await agent?.stop();
  await runtime.close();
}, 60_000);

it('pods are at both ends of what goes over the bridge of their network plug-in', async () => {
  const address = await addressOf(db);
  expect((await web.exec(['traffic', 'request', address, '5432', '1000', '2000'])).stdout).toBe('got 2000\n');
  const flows = await flowsWhen(`port=5432 namespace=tests address!=127.0.0.1`, 2);
  const client = flows.find(({ role }) => role === 'client');
  const server = flows.find(({ role }) => role === 'server');
  const pod = (of: TestContainer) => ({ name: of.name, namespace: 'tests' });
  expect(client).toMatchObject({
    self: { container: { pod: pod(web), workload: 'tests/runward-test' } },
    peer: { container: { pod: pod(db), name: server?.self.name } },
    counters: { attempts: 1, bytesOut: 1000, bytesIn: 2000 },
  });
  expect(server).toMatchObject({
    self: { container: { pod: pod(db) } },
    peer: { container: { pod: pod(web), name: client?.self.name } },
    counters: { established: 1, bytesIn: 1000, bytesOut: 2000 },
  });
});

it('a service address leads to the pod behind it', async () => {
  expect((await web.exec(['traffic', 'request', SERVICE, '80', '100', '10'])).stdout).toBe('got 10\n');
  const [flow] = await flowsWhen(`service=${SERVICE}`, 1);
  expect(flow?.peer).toMatchObject({ port: 5432, container: { pod: { name: db.name } } });
  const map = (await agent.client.ask('GET', '/v1/map')) as ServiceMap; // the agent's own route
  expect(map.edges).toContainEqual(
    expect.objectContaining({ port: 5432, services: [`${SERVICE}:80`], seenBy: 'both' }),
  );
});

it('what stays on the loopback of a pod is told with the container that serves', async () => {
  expect((await db.exec(['traffic', 'request', '127.0.0.1', '9000', '100', '10'])).stdout).toBe('got 10\n');
  const flows = await flowsWhen('port=9000', 2);
  expect(flows.map(({ peer }) => peer.container?.pod?.name)).toEqual([db.name, db.name]);
});

it('a refusal by a pod names the pod', async () => {
  await web.exec(['traffic', 'request', await addressOf(db), '5433', '100', '10']);
  const found = await poll(
    async () => {
      const answer = await agent.client.ask('GET', '/v1/flows?filter=port%3D5433');
      return (answer as { readonly flows: readonly Flow[] }).flows[0]; // the agent's own route
    },
    15_000,
    200,
  );
  expect(found).toMatchObject({ peer: { container: { pod: { name: db.name } } }, counters: { refused: 1 } });
});

it('a pod is cut off by its name, and released', async () => {
  const there = await addressOf(db);
  const asks = async (from: TestContainer, address: string, port: string): Promise<string> =>
    (await from.exec(['timeout', '2', 'traffic', 'request', address, port, '10', '10'])).stdout.trim();
  const runward = (...args: readonly string[]): ReturnType<typeof run> =>
    run(command, [...agent.argv(...args)]);
  await web.exec([
    'sh',
    '-c',
    `(traffic request ${there} 5432 10 10 hold:600; echo ended) >/tmp/held 2>&1 &`,
  ]);
  const held = (word: string): Promise<true | undefined> =>
    poll(async () => (await web.exec(['cat', '/tmp/held'])).stdout.includes(word) || undefined, 15_000, 100);
  expect(await held('holding')).toBe(true);
  const { code, stdout } = await runward('isolate', `tests/${db.name}`, '--json');
  expect(code).toBe(0);
  const answer = JSON.parse(stdout) as IsolationAnswer; // the command's own answer
  // The container, and the sandbox whose network it is in.
  expect(answer.containers.map(({ id }) => id)).toContain(db.id);
  expect(answer.containers.reduce((sum, { connections }) => sum + connections, 0)).toBeGreaterThan(0);
  expect(await held('ended')).toBe(true);
  expect(await asks(web, there, '5432')).toBe('');
  expect(await asks(db, GATEWAY, '1')).toBe('connect: Operation not permitted');
  expect((await runward('release', `tests/${db.name}`)).code).toBe(0);
  expect(await asks(web, there, '5432')).toBe('got 10');
}, 60_000);
