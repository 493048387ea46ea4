import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page, StoredRecord } from '@runward/server';
import { askServer, type ListedNode } from '@runward/server/admin-client';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startAgent, type TestAgent } from './harness/agent.js';
import { freePort } from './harness/free-port.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { type Collected, poll, run, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

const runward = join(resolve(import.meta.dirname, '../..'), 'bin/runward');
const scratch = new Scratch('server');
const state = scratch.below('server');
const rules = scratch.below('rules.yaml');
/** Each file a container makes says a number, and is one detection. */
const RULES = `- rule: A number is told
  desc: a test makes a file with a number
  condition: evt.type in (open, openat, openat2) and evt.is_open_write=true and fd.name startswith /tmp/rw-number-
  output: 'number %fd.name'
  priority: WARNING
`;
let port = 0;
let server: Collected | undefined;
const agents: TestAgent[] = [];

async function startServer(): Promise<Collected> {
  const started = startTied(runward, [
    'server',
    '--listen',
    `127.0.0.1:${port}`,
    '--api',
    '127.0.0.1:0',
    '--state',
    state,
  ]);
  server = started;
  const isReady = await poll(() => (/\bready\b/.test(started.stderr()) ? true : undefined), 120_000);
  if (isReady !== true) throw new Error(`the server did not become ready: ${started.stderr()}`);
  return started;
}

async function kill(what: Collected): Promise<void> {
  // Not setpriv, which became it by exec: the same process.
  what.child.kill('SIGKILL');
  await what.exit;
}

async function ask(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(runward, ['server', ...args, '--state', state]);
  if (code !== 0) throw new Error(`runward server ${args.join(' ')}: ${stderr}`);
  return stdout;
}
const token = async (...args: readonly string[]): Promise<string> =>
  (await ask('token', 'create', '--expires', '10m', ...args)).trim();

// A command takes a second to start where much else runs: what is waited for is asked at the socket itself.
const askSocket = (path: string, body: object): Promise<unknown> =>
  askServer(join(state, 'server.sock'), path, body);

async function node(): Promise<ListedNode | undefined> {
  const { nodes } = (await askSocket('/nodes/list', {})) as { readonly nodes: readonly ListedNode[] }; // our own
  return nodes.find(({ name, revoked }) => name === 'node-1' && revoked === null);
}

async function records(kind: string, container?: string): Promise<readonly StoredRecord[]> {
  const filter = { kinds: [kind], ...(container === undefined ? {} : { containers: [container] }) };
  const { records, cursor } = (await askSocket('/records/query', { filter, limit: 1000 })) as Page; // our own
  expect(cursor).toBeUndefined();
  return records;
}

const agentFolder = scratch.below('agent');
async function agent(...args: readonly string[]): Promise<TestAgent> {
  const started = await startAgent({
    rules: [rules],
    args: [
      ...['--state', agentFolder, '--socket', scratch.below('agent.sock'), '--no-enforcement'],
      ...['--no-flows', '--node-name', 'node-1', '--server', `https://127.0.0.1:${port}`, ...args],
    ],
  });
  agents.push(started);
  return started;
}

/** Numbers of this container that the server has, in the order of the node's clock. */
async function numbersOf(container: TestContainer): Promise<readonly number[]> {
  const found = await records('detection', container.id);
  return found.map(({ body }) => Number(/rw-number-(\d+)/.exec(String(body.output))?.[1])).reverse();
}

const runc = runtimes.runc();
let container: TestContainer;
let said = 0;

/** Has the container say so many more numbers. */
async function say(count: number): Promise<void> {
  const script = `i=${said}; while [ $i -lt ${said + count} ]; do echo > /tmp/rw-number-$i; i=$((i+1)); done; true`;
  const { code } = await container.exec(['/bin/sh', '-c', script]);
  expect(code).toBe(0);
  said += count;
}

/** The server has each number once. */
async function hasAll(): Promise<void> {
  const wanted = Array.from({ length: said }, (_, at) => at);
  let found: readonly number[] = [];
  await poll(
    async () => {
      found = await numbersOf(container).catch(() => []);
      return found.length >= said || undefined;
    },
    120_000,
    500,
  );
  expect(found).toEqual(wanted);
}

beforeAll(async () => {
  writeFileSync(rules, RULES);
  port = await freePort();
});
afterEach(async () => {
  for (const each of agents.splice(0)) await each.stop();
  if (server !== undefined) await stop(server);
  server = undefined;
});
afterAll(async () => {
  await runc.close();
  await scratch.remove();
});

test('detections reach the server once each, whoever is killed; tokens work once and revoked nodes not at all', async (context) => {
  await requireRuntime(runc, context);
  await startServer();
  const first = await token('--cluster', 'shop');
  let running = await agent('--token', first);
  expect(await poll(async () => (await node())?.seen?.connected || undefined, 60_000, 300)).toBe(true);
  expect(statSync(join(agentFolder, 'server/identity/identity.json')).mode & 0o777).toBe(0o600);
  container = await runc.start({ args: ['/bin/sh', '-c', 'sleep 100000'] });
  await say(20);
  await hasAll();
  const [record] = await records('detection', container.id);
  expect(record).toMatchObject({
    node: 'node-1',
    cluster: 'shop',
    priority: 'Warning',
    rule: 'A number is told',
  });
  const seen = await records('container', container.id);
  expect(seen.map(({ body }) => body.event)).toEqual(['met']);
  expect((await records('health'))[0]?.body).toMatchObject({ link: { node: 'node-1' } });

  // The server is killed while records come, and comes back.
  const talking = say(300);
  if (server !== undefined) await kill(server);
  await talking;
  await say(30);
  await startServer();
  await hasAll();

  // The agent is killed with records on its disk, while the server is away, and comes back.
  if (server !== undefined) await kill(server);
  await say(25);
  await running.until(({ output }) => output.endsWith(`/rw-number-${said - 1}`), 60_000);
  running.signal('SIGKILL');
  await running.stop();
  agents.length = 0;
  await startServer();
  running = await agent();
  await say(25);
  await hasAll();
  const listed = await poll(
    async () => {
      const found = await node();
      return found?.seen?.hello?.queued === 0 ? found : undefined;
    },
    60_000,
    500,
  );
  expect(listed?.seen).toMatchObject({ missing: 0, hello: { lost: 0 } });
  expect(Math.abs(listed?.seen?.skewMs ?? 1e9)).toBeLessThan(5000);
  expect(await records('gap')).toEqual([]);

  // The server has it act on the container, and takes that back.
  const answer = JSON.parse(await ask('node', 'respond', 'node-1', 'pause', container.id, '--json')) as {
    readonly ok: boolean;
    readonly result: { readonly responses: readonly { readonly id: string; readonly result: string }[] };
  }; // our own
  expect(answer).toMatchObject({ ok: true, result: { responses: [{ result: 'done' }] } });
  expect(await ask('node', 'undo', 'node-1', answer.result.responses[0]?.id ?? '')).toBe('done\n');
  const responses = await poll(
    async () => {
      const found = await records('response', container.id);
      return found.length >= 2 ? found : undefined;
    },
    60_000,
    500,
  );
  expect(responses?.[0]?.body).toMatchObject({ action: 'pause', by: { who: { program: 'runward server' } } });
  await say(5);
  await hasAll();

  expect(await ask('node', 'list')).toMatch(/node-1 +shop +connected /);
  expect(await ask('records', '--kind', 'response', '--limit', '1')).toMatch(/ response +node-1 /);
  const status = await run(runward, ['agent', 'status', '--socket', scratch.below('agent.sock')]);
  expect(status.stdout).toMatch(/node `node-1` of `shop` at .*: connected\n.* 0 wait/);

  // A token that was used, and a node that was cut off.
  const reuse = [
    'agent',
    'enrol',
    '--server',
    `https://127.0.0.1:${port}`,
    '--state',
    scratch.below('other'),
  ];
  const again = await run(runward, [...reuse, '--token', first, '--node-name', 'node-2']);
  expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/was used already/)]);
  const taken = await run(runward, [
    ...reuse,
    '--token',
    await token('--cluster', 'shop'),
    '--node-name',
    'node-1',
  ]);
  expect([taken.code, taken.stderr]).toEqual([
    1,
    expect.stringMatching(/there is a node `node-1` in `shop` already/),
  ]);
  const before = (await numbersOf(container)).length;
  await ask('node', 'revoke', 'node-1', '--why', 'test');
  await poll(() => (/of no node/.test(running.stderr()) ? true : undefined), 60_000);
  expect(running.stderr()).toMatch(/the server refuses: this certificate is of no node/);
  await say(5);
  await running.until(({ output }) => output.endsWith(`/rw-number-${said - 1}`), 60_000);
  expect(await numbersOf(container)).toHaveLength(before);
  expect(readFileSync(join(state, 'link/nodes.json'), 'utf8')).not.toContain(first.split('.')[2]);
}, 900_000);
