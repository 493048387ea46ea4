import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from './harness/free-port.js';
import { requireRuntime, runtimes, type TestContainer } from './harness/index.js';
import { type Collected, poll, startTied, stop } from './harness/process.js';
import { Scratch } from './harness/scratch.js';

/** `runward up`: what a container does is at the API, and what the API asks for happens to the container. */
const runward = join(resolve(import.meta.dirname, '../..'), 'bin/runward');
const scratch = new Scratch('up');
const state = scratch.below('state');
const runtime = runtimes.runc();
let [link, api] = [0, 0];
let up: Collected;
let container: TestContainer;

const authority = (): string => readFileSync(join(state, 'server/authority/authority.pem'), 'utf8');

interface Asked {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Over TLS that is verified, as a program asks. */
function ask(method: string, path: string, { body, headers = {} }: Asked = {}) {
  return new Promise<{ status: number; body: Record<string, unknown>; cookie: string }>((done, failed) => {
    const sent = request(
      `https://localhost:${api}/api/v1${path}`,
      {
        method,
        ca: authority(),
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => {
          const [cookie = ''] = answer.headers['set-cookie'] ?? [];
          const parsed = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>); // the API answers JSON
          done({ status: answer.statusCode ?? 0, body: parsed, cookie: cookie.split(';')[0] ?? '' });
        });
      },
    );
    sent.on('error', failed);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

beforeAll(async () => {
  await requireRuntime(runtime, { skip: (note) => expect.fail(note) });
  [link, api] = [await freePort(), await freePort()];
  const rules = scratch.below('rules.yaml');
  writeFileSync(
    rules,
    `- rule: A word is told
  desc: a test tells a word
  condition: evt.type in (execve, execveat) and proc.args contains "wait word-up"
  output: 'told %proc.cmdline'
  priority: WARNING
`,
  );
  const places = ['--state', state, '--listen', `127.0.0.1:${link}`, '--api', `127.0.0.1:${api}`];
  const own = [
    ...['--group', '0', '--rate-limit', '0'],
    '--json',
    '--rules',
    rules,
    '--no-enforcement',
    '--no-flows',
    '--socket',
    scratch.below('agent.sock'),
  ];
  up = startTied(runward, ['up', ...places, '--', ...own]);
  const isReady = await poll(
    () => (/this machine is the node/.test(up.stderr()) ? true : undefined),
    160_000,
  );
  if (isReady !== true) throw new Error(`not ready: ${up.stderr()}`);
}, 180_000);

afterAll(async () => {
  if (up !== undefined) await stop(up, 60_000);
  await runtime.close();
  await scratch.remove();
}, 120_000);

it('tells what a container does, and has it paused for whoever signs in and may', async () => {
  const password = /^[\w-]{20}$/m.exec(up.stdout())?.[0] ?? '';
  const signedIn = await ask('POST', '/session', { body: { name: 'admin', password } });
  expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(201);
  const headers = { cookie: signedIn.cookie, 'x-runward-page': String(signedIn.body.proof) };

  container = await runtime.start({ args: ['sleep', '600'] });
  await container.exec(['sh', '-c', "sh -c 'true' word-up; sh -c 'sleep 0' wait word-up"]);
  const told = await poll(async () => {
    const { body } = await ask('GET', `/records?kind=detection&container=${container.id}`, { headers });
    return (body.items as { rule: string; nodeId: string }[])[0];
  }, 60_000);
  expect(told).toMatchObject({ rule: 'A word is told', cluster: 'main' });

  const path = `/nodes/${told?.nodeId ?? ''}/respond`;
  const order = { container: container.id, order: { action: 'pause' }, why: 'a test' };
  const answer = await ask('POST', path, { headers, body: order });
  expect(answer).toMatchObject({ status: 200, body: { done: true, problem: '' } });
  const { responses } = answer.body.result as { responses: { id: string }[] };
  const undone = await ask('POST', `/nodes/${told?.nodeId ?? ''}/undo`, {
    headers,
    body: { response: responses[0]?.id },
  });
  expect(undone).toMatchObject({ status: 200, body: { done: true } });
  expect((await container.exec(['true'])).code).toBe(0);

  const { body } = await ask('GET', '/changes?limit=2', { headers });
  expect(body.items).toMatchObject([
    { action: 'undoResponse', who: { name: 'admin' } },
    { action: 'respond', target: expect.stringContaining(container.id) },
  ]);
  expect(new X509Certificate(authority()).ca).toBe(true);
  await container.remove();
}, 180_000);
