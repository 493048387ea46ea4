import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { askServer } from '@runward/server/admin-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAgent, type TestAgent } from './harness/agent.js';
import { freePort } from './harness/free-port.js';
import { requireRuntime, runtimes, type TestContainer, uniqueName } from './harness/index.js';
import { type Collected, poll, run, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

/** Documents from a draft on the server to what happens on a node, and back. */
const runward = join(resolve(import.meta.dirname, '../..'), 'bin/runward');
const scratch = new Scratch('documents');
const state = scratch.below('server');
const agentFolder = scratch.below('agent');
const runc = runtimes.runc();
const name = uniqueName('governed');
let port = 0;
let server: Collected;
let agent: TestAgent;
let container: TestContainer;

const RULES = (priority: string): string => `- rule: A file of the test was written
  desc: a test makes a file
  condition: container.name = ${name} and evt.type in (open, openat, openat2) and evt.is_open_write=true and fd.name startswith /tmp/rw-governed-
  output: 'wrote %fd.name'
  priority: ${priority}
`;
const POLICY = (denied: string): string => `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: ${name} }
spec:
  selector: { containerNames: ['${name}'] }
  mode: protect
  process:
    deny: [${denied}]
`;

async function startServer(): Promise<void> {
  server = startTied(runward, [
    ...['server', '--listen', `127.0.0.1:${port}`, '--api', '127.0.0.1:0', '--state', state],
  ]);
  const started = server;
  const isReady = await poll(() => (/\bready\b/.test(started.stderr()) ? true : undefined), 120_000);
  if (isReady !== true) throw new Error(`the server did not become ready: ${started.stderr()}`);
}

const startNode = (...args: readonly string[]): Promise<TestAgent> =>
  startAgent({
    rules: [scratch.below('own.yaml')],
    args: [
      ...['--state', agentFolder, '--socket', scratch.below('agent.sock'), '--no-flows'],
      ...['--group', '0', '--rate-limit', '0'],
      ...['--node-name', 'node-1', '--server', `https://127.0.0.1:${port}`, ...args],
    ],
  });

async function command(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(runward, ['server', ...args, '--state', state]);
  if (code !== 0) throw new Error(`runward server ${args.join(' ')}: ${stderr}`);
  return stdout;
}

// A command takes a second to start where much else runs: what is waited for is asked at the socket itself.
const ask = <T>(operation: string, rest: object): Promise<T> =>
  askServer(join(state, 'server.sock'), '/api', { operation, by: 'anna', ...rest }) as Promise<T>; // our own

interface Rollout {
  readonly state: string;
  readonly why: string;
}

async function idOf(document: string): Promise<string> {
  const [kind, called] = document.split('/');
  const { items } = await ask<{ items: { id: string }[] }>('listDocuments', {
    query: { kind, name: called },
  });
  return items[0]?.id ?? '';
}

async function ended(document: string): Promise<Rollout> {
  const params = { id: await idOf(document) };
  const last = await poll(
    async () => {
      const [newest] = await ask<readonly Rollout[]>('listRollouts', { params });
      return newest?.state === 'running' ? undefined : newest;
    },
    240_000,
    500,
  );
  if (last !== undefined) return last;
  throw new Error(
    `not ended: ${JSON.stringify(await ask('getRolloutStatus', { params }))} ${agent.stderr()}`,
  );
}

/** Saved, submitted, approved and begun to be rolled out; on this node first. */
async function bring(document: string, text: string, ...how: readonly string[]): Promise<void> {
  const file = scratch.below('document.yaml');
  writeFileSync(file, text);
  await command('document', 'save', document, file);
  const params = { id: await idOf(document), number: Number(/version (\d+)/.exec(await command('document', 'submit', document))?.[1]) }; // biome-ignore format: one line
  await ask('approveVersion', { params, body: {} });
  await command('document', 'rollout', document, ...how);
}

const holds = async (document: string): Promise<unknown> => {
  const [node] = await ask<readonly { reported: { version: number; state: string } | null }[]>(
    'listHolders',
    {
      params: { id: await idOf(document) },
    },
  );
  return node?.reported === null ? undefined : [node?.reported.version, node?.reported.state];
};

const write = async (word: string): Promise<void> => {
  const { code } = await container.exec(['/bin/sh', '-c', `echo > /tmp/rw-governed-${word}`]);
  expect(code).toBe(0);
};
const exercise = async (): Promise<number> => (await container.exec(['exercise', 'read', '/etc/hosts'])).code;

beforeAll(async () => {
  await requireRuntime(runc, { skip: (note) => expect.fail(note) });
  writeFileSync(
    scratch.below('own.yaml'),
    RULES('DEBUG').replaceAll('governed-', 'own-').replace('A file', 'Own file'),
  );
  port = await freePort();
  await startServer();
  const token = (await command('token', 'create', '--expires', '10m', '--cluster', 'shop')).trim();
  agent = await startNode('--token', token);
  container = await runc.start({ name, args: ['/bin/sh', '-c', 'sleep 100000'] });
  const isThere = await poll(
    async () => (await ask<{ connected: boolean }[]>('listNodes', {}))[0]?.connected || undefined,
    120_000,
    300,
  );
  expect(isThere).toBe(true);
}, 300_000);
afterAll(async () => {
  await agent.stop();
  await run(runward, ['policy', 'detach', '--all', '--state', agentFolder]);
  await stop(server);
  await runc.close();
  await scratch.remove();
}, 120_000);

test('a rule goes from a draft to a detection on the node, and holds there without the server', async () => {
  writeFileSync(scratch.below('bad.yaml'), RULES('WARNING').replace('fd.name', 'fd.nmae'));
  await expect(command('document', 'save', 'rules/files', scratch.below('bad.yaml'))).rejects.toThrow(
    /files\.yaml:3:\d+: unknown field `fd\.nmae`/,
  );
  await bring('rules/files', RULES('WARNING'), '--stage', 'nodes=node-1:1s');
  expect(await ended('rules/files')).toMatchObject({ state: 'done' });
  expect(await holds('rules/files')).toEqual([1, 'in-force']);
  await write('first');
  const found = await poll(
    async () => {
      const { items } = await ask<{ items: { rule: string; body: { output: string } }[] }>('listRecords', {
        query: { kind: 'detection', container: container.id },
      });
      return items.find(({ body }) => body.output === 'wrote /tmp/rw-governed-first');
    },
    60_000,
    300,
  );
  expect(found?.rule).toBe('A file of the test was written');
  const status = await command('document', 'status', 'rules/files');
  expect(status).toMatch(/rules\/files +\* +\* +1 +1 +in-force/);
  expect(status).toMatch(/node-1 +shop +connected +1 +1 /);

  // Both end; only the agent comes back.
  await stop(server);
  await agent.stop();
  agent = await startNode();
  await poll(
    () => (/1 documents of the server are in force/.test(agent.stderr()) ? true : undefined),
    120_000,
  );
  await write('second');
  await agent.until(({ output }) => output.endsWith('wrote /tmp/rw-governed-second'), 60_000);
  await startServer();
}, 600_000);

test('a policy whose denials rise on the canary node is rolled back by itself, and the node works as before', async () => {
  await bring('policy/governed', POLICY('/usr/local/bin/int80'), '--stage', 'percent=100:1s');
  expect(await ended('policy/governed')).toMatchObject({ state: 'done' });
  expect(await exercise()).toBe(0);

  const second = ['--stage', 'nodes=node-1:1h', '--denials', '3'];
  await bring('policy/governed', POLICY('/usr/local/bin/exercise'), ...second);
  await poll(
    async () => (String(await holds('policy/governed')) === '2,in-force' ? true : undefined),
    120_000,
    500,
  );
  expect(await holds('policy/governed')).toEqual([2, 'in-force']);
  expect(await exercise()).not.toBe(0);
  // It may be taken back before the last of them.
  for (let count = 0; count < 6; count += 1) await exercise();
  const last = await ended('policy/governed');
  expect(last).toMatchObject({
    state: 'rolled-back',
    why: expect.stringMatching(
      /^node `node-1` had \d+ denials more than in the same time before, 3 were allowed$/,
    ),
  });
  await poll(
    async () => (String(await holds('policy/governed')) === '1,in-force' ? true : undefined),
    120_000,
    500,
  );
  expect(await holds('policy/governed')).toEqual([1, 'in-force']);
  expect(await exercise()).toBe(0);
  expect(await command('document', 'show', 'policy/governed')).toMatch(/^2 +rolled-back /m);
  const { items } = await ask<{ items: { action: string; who: unknown; after: object }[] }>('listChanges', {
    query: { limit: 20 },
  });
  expect(items.find(({ action }) => action === 'rollBackByItself')).toMatchObject({
    who: null,
    after: { state: 'rolled-back', why: last.why },
  });
}, 600_000);
