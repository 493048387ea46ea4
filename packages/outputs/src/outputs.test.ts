import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { Dropped } from './output.js';
import { Outputs } from './outputs.js';
import { readOutputs } from './settings/read-outputs.js';
import { HttpReceiver, StreamReceiver } from './testing/receivers.js';
import { numbered, sample } from './testing/sample.js';

let folder = '';
let said: string[] = [];
let dropped: Dropped[] = [];
let open: Outputs | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-outputs-'));
  said = [];
  dropped = [];
});
afterEach(async () => {
  await open?.close();
  open = undefined;
  rmSync(folder, { recursive: true });
});

function start(text: string): Outputs {
  const { outputs, problems } = readOutputs({ name: 'outputs.yaml', text: `outputs:\n  - {${text}}` });
  expect(problems).toEqual([]);
  const options = {
    folder,
    hostname: 'node-1',
    version: '1.2.3',
    say: (message: string) => said.push(message),
    onDropped: (each: Dropped) => dropped.push(each),
  };
  open = new Outputs(outputs, options);
  return open;
}
const numbers = (texts: readonly string[]): readonly number[] =>
  texts.map((text) => Number(/number (\d+)/.exec(text)?.[1]));
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, at) => from + at);
const drained = (outputs: Outputs): Promise<void> =>
  vi.waitFor(() => expect(outputs.status.map(({ queued }) => queued)).toEqual([0]), {
    timeout: 15_000,
    interval: 20,
  });

describe('HTTP', () => {
  it('has taken everything once and in order, though the server fails at times', async () => {
    const receiver = new HttpReceiver((_, count) => (count % 5 === 2 ? 503 : 200));
    const outputs = start(
      `name: a, type: http, url: "http://127.0.0.1:${await receiver.listen()}/in", headers: {X-Key: secret}`,
    );
    outputs.write(range(0, 20).map(numbered));
    await drained(outputs);
    expect(numbers(receiver.taken.map(({ body }) => body))).toEqual(range(0, 20));
    expect(receiver.taken[0]).toMatchObject({ path: '/in', headers: { 'x-key': 'secret' } });
    expect(outputs.status).toMatchObject([{ sent: 20, rejected: 0, dropped: 0, problem: '' }]);
    await receiver.end();
  });

  it('leaves out the one record of a batch that is refused for good, and no other', async () => {
    const receiver = new HttpReceiver(({ body }) => (body.includes('number 3"') ? 400 : 200));
    const outputs = start(
      `name: a, type: http, body: array, url: "http://127.0.0.1:${await receiver.listen()}"`,
    );
    outputs.write(range(0, 8).map(numbered));
    await drained(outputs);
    expect(numbers(receiver.taken.flatMap(({ body }) => (JSON.parse(body) as { readonly output: string }[]).map(({ output }) => output)))).toEqual([0, 1, 2, 4, 5, 6, 7]); // biome-ignore format: one thought
    expect(outputs.status).toMatchObject([{ sent: 7, rejected: 1 }]);
    expect(said.join()).toContain('status 400');
    await receiver.end();
  });

  it('is there again when the first thing it does is to refuse a record for good', async () => {
    const receiver = new HttpReceiver(() => 400);
    const port = await receiver.listen();
    await receiver.end();
    const outputs = start(`name: a, type: http, url: "http://127.0.0.1:${port}"`);
    outputs.write([numbered(0)]);
    await vi.waitFor(() => expect(outputs.status[0]?.problem).toMatch(/ECONNREFUSED/));
    const again = new HttpReceiver(() => 400);
    await again.listen(port);
    await drained(outputs);
    expect(outputs.status).toMatchObject([{ sent: 0, rejected: 1, problem: '' }]);
    await again.end();
  });

  it('waits for a server that is away, over a restart of its own', async () => {
    const receiver = new HttpReceiver(() => 200);
    const port = await receiver.listen();
    await receiver.end();
    const text = `name: a, type: http, body: lines, url: "http://127.0.0.1:${port}"`;
    const first = start(text);
    first.write([numbered(0)]);
    await vi.waitFor(() => expect(first.status[0]?.problem).toMatch(/ECONNREFUSED/));
    await first.close();
    const again = new HttpReceiver(() => 200);
    await again.listen(port);
    const second = start(text);
    second.write([numbered(1)]);
    await drained(second);
    expect(numbers(again.taken.flatMap(({ body }) => body.trim().split('\n')))).toEqual([0, 1]);
    await again.end();
  });
});

describe('syslog', () => {
  it('loses nothing over TCP when the receiver is killed in the midst of it', async () => {
    const receiver = new StreamReceiver();
    const port = await receiver.listen();
    const outputs = start(`name: a, type: syslog, address: "tcp://127.0.0.1:${port}", format: text`);
    outputs.write(range(0, 500).map(numbered));
    await vi.waitFor(() => expect(receiver.messages.length).toBeGreaterThan(0));
    await receiver.end();
    outputs.write(range(500, 600).map(numbered));
    const again = new StreamReceiver();
    await again.listen(port);
    await drained(outputs);
    const found = numbers([...receiver.messages, ...again.messages]);
    expect([...new Set(found)].sort((a, b) => a - b)).toEqual(range(0, 600));
    // What comes twice comes because its connection broke; each connection is in order.
    expect(numbers(again.messages)).toEqual([...numbers(again.messages)].sort((a, b) => a - b));
    expect(again.messages[0]).toMatch(
      /^<130>1 2026-03-01T12:34:56\.123456Z node-1 runward \d+ openat - 2026/,
    );
    await again.end();
  });

  it('goes over UDP, and says what does not fit', async () => {
    const socket = createSocket('udp4');
    const messages: string[] = [];
    socket.on('message', (message) => messages.push(message.toString()));
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const outputs = start(`name: a, type: syslog, address: "udp://127.0.0.1:${socket.address().port}"`);
    outputs.write([numbered(0), { ...sample, output: 'x'.repeat(70_000) }, numbered(1)]);
    await drained(outputs);
    await vi.waitFor(() => expect(messages).toHaveLength(2));
    expect(outputs.status).toMatchObject([{ sent: 2, rejected: 1 }]);
    expect(said.join()).toContain('does not fit in a datagram');
    socket.close();
  });

  it('goes over TLS to who has a certificate of the authority that is named, and to nobody else', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' }); // biome-ignore format: one line
    const receiver = new StreamReceiver({ key: readFileSync(key), cert: readFileSync(cert) });
    const port = await receiver.listen();
    const strange = start(`name: a, type: syslog, address: "tls://localhost:${port}"`);
    strange.write([numbered(0)]);
    await vi.waitFor(() => expect(strange.status[0]?.problem).toMatch(/self-signed certificate/));
    await strange.close();
    const outputs = start(`name: a, type: syslog, address: "tls://localhost:${port}", ca: ${cert}`);
    await drained(outputs);
    expect(receiver.messages).toHaveLength(1);
    await receiver.end();
  });
});

describe('a file', () => {
  it('is put aside when it is large, and so many are kept', async () => {
    const path = join(folder, 'log');
    const outputs = start(`name: a, type: file, path: ${path}, rotateMiB: 1, keep: 2`);
    const large = { ...sample, output: 'x'.repeat(700_000) };
    for (let written = 1; written <= 6; written += 1) {
      outputs.write([large]);
      await drained(outputs);
    }
    const there = readdirSync(folder).filter((name) => name.startsWith('log'));
    expect(there.sort()).toEqual(['log', 'log.1', 'log.2']);
    expect(readFileSync(`${path}.1`, 'utf8').trim().split('\n').map((line) => JSON.parse(line).rule)).toEqual([sample.rule, sample.rule]); // biome-ignore format: one thought
  });

  it('that cannot be written holds nobody up, and has everything later', async () => {
    const receiver = new HttpReceiver(() => 200);
    const { outputs: settings } = readOutputs({
      name: 'outputs.yaml',
      text: `outputs:\n  - {name: a, type: file, path: ${folder}/none/log}\n  - {name: b, type: http, url: "http://127.0.0.1:${await receiver.listen()}"}`,
    });
    open = new Outputs(settings, {
      folder,
      hostname: 'n',
      version: '1',
      say: (message) => said.push(message),
    });
    open.write([numbered(0)]);
    await vi.waitFor(() => expect(receiver.taken).toHaveLength(1));
    expect(open.status[0]).toMatchObject({ queued: 1, problem: expect.stringContaining('ENOENT') });
    await receiver.end();
  });
});

test('what is lost for want of room is counted, and told in the stream once there is room', async () => {
  const receiver = new HttpReceiver(() => 200);
  const port = await receiver.listen();
  await receiver.end();
  const outputs = start(`name: a, type: http, body: lines, queueMiB: 1, url: "http://127.0.0.1:${port}"`);
  const large = { ...sample, output: 'x'.repeat(400_000) };
  outputs.write([large, large, large, large]);
  expect(outputs.status).toMatchObject([{ queued: 2, dropped: 2 }]);
  expect(said.join()).toContain('its queue is full');
  const again = new HttpReceiver(() => 200);
  await again.listen(port);
  await drained(outputs);
  outputs.write([numbered(7)]);
  await drained(outputs);
  const rules = again.taken.flatMap(({ body }) =>
    body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).rule),
  );
  expect(dropped).toMatchObject([{ output: 'a', count: 2 }]);
  expect(rules).toEqual([sample.rule, sample.rule, 'Detections lost on the way to an output', sample.rule]);
  await again.end();
});

test('a record that no queue can hold is counted and told, and what follows it arrives', async () => {
  const receiver = new HttpReceiver(() => 200);
  const outputs = start(`name: a, type: http, url: "http://127.0.0.1:${await receiver.listen()}"`);
  outputs.write([numbered(0), { ...sample, output: 'x'.repeat(5 * 1024 * 1024) }, numbered(1)]);
  await drained(outputs);
  expect(numbers(receiver.taken.map(({ body }) => body))).toEqual([0, 1]);
  expect(outputs.status).toMatchObject([{ sent: 2, rejected: 1 }]);
  expect(said.join()).toContain('1 records of more than 4194304 bytes are left out');
  await receiver.end();
});

test('an output takes what is urgent enough and of its sources', async () => {
  const receiver = new HttpReceiver(() => 200);
  const outputs = start(`name: a, type: http, minPriority: error, sources: [policy], url: "http://127.0.0.1:${await receiver.listen()}"`); // biome-ignore format: one line
  const policy = { ...sample, source: 'policy' };
  outputs.write([sample, policy, { ...policy, priority: 'Warning' }, { ...policy, priority: 'Error' }]);
  await drained(outputs);
  expect(receiver.taken.map(({ body }) => JSON.parse(body).priority)).toEqual(['Critical', 'Error']);
  await receiver.end();
});
