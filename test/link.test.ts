/** Server and agent side of the link, in one process, over real TLS. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { LIMITS, LINK_NAME, PATHS, type Standing } from '@runward/protocol';
import { signBundle } from '@runward/protocol/node';
import { type Link, startLink } from '@runward/server';
import {
  enrol,
  type Identity,
  IdentityFolder,
  type Loss,
  type News,
  type Obey,
  type PutInForce,
  Uplink,
} from '@runward/uplink';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

// Every store is a file that is synced, on whatever disk is there.
vi.setConfig({ testTimeout: 300_000 });
const HOUR = 3_600_000;
let folder = '';
let link: Link;
let said: string[] = [];
let losses: Loss[] = [];
const ends: (() => unknown)[] = [];

const serve = (port = 0): Promise<Link> =>
  startLink({
    state: join(folder, 'server'),
    host: '127.0.0.1',
    port,
    keepMs: 1e12,
    say: (text) => said.push(text),
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rw-link-'));
  said = [];
  losses = [];
  link = await serve();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await link.close();
  rmSync(folder, { recursive: true });
});

const token = (change: { node?: string; replace?: boolean } = {}): string =>
  link.registry.createToken({
    ...{ cluster: 'main', node: null, replace: false, by: 'anna', validMs: HOUR, ...change },
  }).text;
const places = (node: string): { state: string; identity: IdentityFolder } => ({
  state: join(folder, node),
  identity: new IdentityFolder(join(folder, node, 'identity')),
});
const join_ = (node: string, text = token()): Promise<Identity> =>
  enrol({ server: `https://127.0.0.1:${link.server.port}`, token: text, node }, places(node).identity);

function uplink(
  identity: Identity,
  obey: Obey = async () => null,
  maxBytes = 1024 * 1024,
  aheadMs = 0,
  putInForce: PutInForce = async () => [],
): Uplink {
  const made = new Uplink({
    ...{
      identity,
      folder: places(identity.node).identity,
      state: places(identity.node).state,
      maxBytes,
      obey,
      putInForce,
    },
    about: () => ({ version: '1', kernel: '6.1', startedMs: 1, dropped: 3, features: [] }),
    onLoss: (loss) => losses.push(loss),
    say: (text) => said.push(text),
    // Once: a certificate that is renewed is not renewed again.
    now: () => Date.now() + (said.some((text) => text.includes('was renewed')) ? 0 : aheadMs),
  });
  ends.push(() => made.close());
  return made;
}

const news = (number: number, change: Partial<News> = {}): News => ({
  ...{ kind: 'detection', timeMs: 1_700_000_000_000 + number, body: { number }, ...change },
});
const numbers = async (): Promise<readonly unknown[]> =>
  (await link.telemetry.query({}, 1000)).records.map(({ body }) => body.number).reverse();
const within = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 100_000, interval: 50 });

interface Told {
  readonly status: number;
  readonly text: string;
}
/** What somebody else than an agent could send. */
async function send(
  credentials: { readonly cert?: string; readonly key?: string },
  path: string,
  body: Buffer | string,
): Promise<Told> {
  const session: ClientHttp2Session = connect(`https://127.0.0.1:${link.server.port}`, {
    ...{ rejectUnauthorized: false, servername: LINK_NAME, ...credentials },
  });
  try {
    return await new Promise<Told>((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({ ':method': 'POST', ':path': path });
      let status = 0;
      let text = '';
      stream.on('response', (headers) => {
        status = Number(headers[':status']);
      });
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      stream.on('error', reject).on('close', () => resolve({ status, text }));
      stream.end(body);
    });
  } finally {
    session.destroy();
  }
}

test('what a node tells is stored once, in order, under its name, with who it is and how it is', async () => {
  const identity = await join_('node-1');
  const one = uplink(identity);
  for (let at = 1; at <= 300; at += 1) one.tell([news(at, { priority: 'Error', rule: 'A\u001b shell' })]);
  await within(async () => expect(await numbers()).toHaveLength(300));
  expect(await numbers()).toEqual(Array.from({ length: 300 }, (_, at) => at + 1));
  const [record] = (await link.telemetry.query({}, 1)).records;
  expect(record).toMatchObject({
    node: 'node-1',
    cluster: 'main',
    nodeId: identity.id,
    rule: 'A\ufffd shell',
  });
  await within(() => expect(one.status).toMatchObject({ connected: true, queued: 0, sent: 300, lost: 0 }));
  const seen = link.server.sighting(identity.id);
  expect(seen).toMatchObject({ connected: true, stored: 300, hello: { kernel: '6.1', dropped: 3 } });
  expect(Math.abs(seen?.skewMs ?? 1e9)).toBeLessThan(10_000);
  expect(statSync(join(folder, 'node-1/identity/identity.json')).mode & 0o777).toBe(0o600);
});

test('a server that was away gets all of it, and a node that was away goes on where it was', async () => {
  const identity = await join_('node-1');
  const { port } = link.server;
  const one = uplink(identity);
  one.tell([news(1)]);
  await within(async () => expect(await numbers()).toEqual([1]));
  await link.close();
  one.tell([news(2), news(3)]);
  await one.close();
  const two = uplink(identity);
  two.tell([news(4)]);
  link = await serve(port);
  await within(async () => expect(await numbers()).toEqual([1, 2, 3, 4]));
  await within(() => expect(two.status.queued).toBe(0));
  expect(losses).toEqual([]);
});

test('what finds no room is counted by kind and told at its place', async () => {
  const identity = await join_('node-1');
  const { port } = link.server;
  await link.close();
  const one = uplink(identity, undefined, 4000);
  for (let at = 1; at <= 30; at += 1) one.tell([news(at, { kind: at % 2 === 0 ? 'incident' : 'detection' })]);
  const { lost, queued } = one.status;
  expect(lost + queued).toBe(30);
  expect(lost).toBeGreaterThan(0);
  link = await serve(port);
  await within(async () => expect(await numbers()).toHaveLength(queued));
  await within(() => expect(one.status.queued).toBe(0));
  one.tell([news(31)]);
  await within(async () => expect((await numbers()).at(-1)).toBeUndefined());
  const [gap] = (await link.telemetry.query({ kinds: ['gap'] }, 10)).records;
  const counts = Object.values(gap?.body.lost ?? {}).map(Number);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(lost);
  expect(losses).toHaveLength(1);
  expect(link.server.sighting(identity.id)).toMatchObject({ missing: 0 });
});

test('a record that is too large is left out and told, and those around it arrive', async () => {
  const one = uplink(await join_('node-1'), undefined, 16 * 1024 * 1024);
  one.tell([news(1), news(2, { body: { large: 'x'.repeat(LIMITS.recordBytes) } }), news(3)]);
  await within(async () => expect(await numbers()).toEqual([1, 3, undefined]));
  expect(losses).toMatchObject([{ lost: { detection: 1 }, why: expect.stringMatching(/more than/) }]);
});

test('a command is done once and answered; what the node says of a failure is passed on', async () => {
  const asked: unknown[] = [];
  const identity = await join_('node-1');
  uplink(identity, async (action, by) => {
    asked.push([action, by]);
    if (action.do === 'undo') throw new Error('there is no such response');
    return { responses: ['done'] };
  });
  const node = link.registry.find('node-1');
  const action = { do: 'respond', container: 'web', order: { action: 'pause' }, why: 'test' } as const;
  const answer = await within(() => link.server.command(node, action, 'anna'));
  expect(answer).toMatchObject({ ok: true, problem: '', result: { responses: ['done'] } });
  expect(asked).toEqual([[action, 'anna']]);
  expect(await link.server.command(node, { do: 'undo', id: 'x' }, 'anna')).toMatchObject({
    ...{ ok: false, problem: 'there is no such response' },
  });
});

test('a node fetches what it is to hold, puts it in force and says what became of it; it takes no bundle of another', async () => {
  const identities = [await join_('node-1'), await join_('node-2')] as const;
  const [first, second] = identities.map(({ id }) => id);
  const reports: [string, Standing][] = [];
  const document = { id: 'd', kind: 'rules', name: 'a', version: 3, text: 'x' } as const;
  link.server.hand({
    version: async () => 7,
    // Whoever asks gets that of the first: as if somebody had mixed them up.
    bundle: async () => signBundle({ node: first ?? '', version: 7, documents: [document] }, link.commandKey),
    report: async ({ id }, standing) => void reports.push([id, standing]),
  });
  const put: string[] = [];
  for (const identity of identities)
    uplink(identity, undefined, undefined, undefined, async (documents) => {
      put.push(identity.node);
      return documents.map(({ id, version }) => ({ id, version, state: 'failed', holds: 2, why: 'no' }));
    });
  await within(() =>
    expect(reports).toEqual([
      [first, { bundle: 7, documents: [{ id: 'd', version: 3, state: 'failed', holds: 2, why: 'no' }] }],
    ]),
  );
  await within(() => expect(said.join()).toMatch(/is for another node/));
  expect(put).toEqual(['node-1']);
  const hostile = {
    bundle: 7,
    documents: [{ id: '../x', version: 1, state: 'in-force', holds: null, why: '' }],
  };
  const { certificate: cert, key } = identities[1];
  expect((await send({ cert, key }, PATHS.standing, JSON.stringify(hostile))).status).toBe(422);
  expect((await send({}, PATHS.standing, '{}')).status).toBe(401);
  expect(second).not.toBe(first);
});

test('a node that is away is not asked, and that is said', async () => {
  await join_('node-1');
  const asking = link.server.command(link.registry.find('node-1'), { do: 'undo', id: 'x' }, 'anna');
  await expect(asking).rejects.toThrow(/not connected/);
});

test('a revoked node is cut off at once, and its certificate is refused', async () => {
  const identity = await join_('node-1');
  const one = uplink(identity);
  await within(() => expect(one.status.connected).toBe(true));
  link.registry.revoke('node-1', 'stolen');
  await within(() => expect(one.status.problem).toMatch(/of no node/));
  one.tell([news(1)]);
  const credentials = { cert: identity.certificate, key: identity.key };
  expect((await send(credentials, PATHS.records, zstdCompressSync(''))).status).toBe(401);
  expect(await numbers()).toEqual([]);
  expect(one.status.queued).toBe(1);
});

test('a certificate is renewed for a new key before it ends, and the link goes on', async () => {
  const identity = await join_('node-1');
  const one = uplink(identity, undefined, undefined, 25 * 24 * HOUR);
  await within(() => expect(said.join()).toMatch(/was renewed/));
  const renewed = places('node-1').identity.read();
  expect(renewed?.id).toBe(identity.id);
  expect(renewed?.key).not.toBe(identity.key);
  one.tell([news(1)]);
  await within(async () => expect(await numbers()).toEqual([1]));
  const old = { cert: identity.certificate, key: identity.key };
  expect((await send(old, PATHS.records, zstdCompressSync(''))).status).toBe(401);
});

test('a token is sent to the server it is of, and to no other', async () => {
  const text = token();
  const foreign = text.replace(/[0-9a-f]{64}$/, 'a'.repeat(64));
  await expect(join_('node-1', foreign)).rejects.toThrow(/the token was not sent/);
  expect(link.registry.tokens[0]?.state).toBe('open');
  expect((await join_('node-1', text)).node).toBe('node-1');
  await expect(join_('node-2', text)).rejects.toThrow(/used already/);
});

test('an identity that is damaged is named, and so is an address that is none', async () => {
  await join_('node-1');
  writeFileSync(join(folder, 'node-1/identity/identity.json'), '{"id":1}');
  expect(() => places('node-1').identity.read()).toThrow(/cannot be used/);
  for (const server of ['http://x', 'https://x/path', 'https://a:b@x', ''])
    await expect(enrol({ server, token: token(), node: 'n' }, places('n').identity)).rejects.toThrow(
      /is no address/,
    );
});

test('hostile requests are refused, each with its reason, and the server goes on', async () => {
  const identity = await join_('node-1');
  const mine = { cert: identity.certificate, key: identity.key };
  const other = mkdtempSync(join(folder, 'other-'));
  const elsewhere = await startLink({
    state: other,
    host: '127.0.0.1',
    port: 0,
    keepMs: 1e12,
    say: () => undefined,
  });
  const { text } = elsewhere.registry.createToken({ cluster: 'main', node: null, replace: false, by: 'x', validMs: HOUR }); // biome-ignore format: one line
  const stranger = await enrol(
    { server: `https://127.0.0.1:${elsewhere.server.port}`, token: text, node: 'node-1' },
    new IdentityFolder(join(other, 'identity')),
  );
  await elsewhere.close();
  const foreign = { cert: stranger.certificate, key: stranger.key };
  const empty = zstdCompressSync('');
  const long = 'x'.repeat(LIMITS.messageBytes + 1);
  const cases: readonly (readonly [string, typeof mine | object, string, Buffer | string, number])[] = [
    ['no certificate', {}, PATHS.records, empty, 401],
    ['the certificate of another server', foreign, PATHS.records, empty, 401],
    ['commands of nobody', {}, PATHS.answers, '{}', 401],
    ['a path that is none', mine, '/v1/link/../etc', '', 404],
    ['a batch that is none', mine, PATHS.records, 'x', 422],
    ['a batch that is too large', mine, PATHS.records, Buffer.alloc(LIMITS.batchBytes + 1), 413],
    ['a bomb', mine, PATHS.records, zstdCompressSync(Buffer.alloc(LIMITS.unpackedBytes + 1)), 413],
    ['a hello that is none', mine, PATHS.hello, '{"version":1}', 422],
    ['a hello without end', mine, PATHS.hello, long, 413],
    ['an enrolment that is no JSON', {}, PATHS.enrol, '{', 422],
    ['an enrolment without end', {}, PATHS.enrol, long, 413],
    ['a token of nobody', {}, PATHS.enrol, JSON.stringify({ token: 'x', node: 'n', request: '-----BEGIN X-----\n' }), 403], // biome-ignore format: one line
    ['a name that steers a path', {}, PATHS.enrol, JSON.stringify({ token: 'x', node: '../n', request: '-----BEGIN X-----\n' }), 422], // biome-ignore format: one line
    ['an answer nobody waits for', mine, PATHS.answers, JSON.stringify({ command: identity.id, ok: true, problem: '', result: 1 }), 200], // biome-ignore format: one line
  ];
  for (const [what, credentials, path, body, status] of cases) {
    const told = await send(credentials, path, body);
    expect([what, told.status]).toEqual([what, status]);
    if (status >= 400)
      expect(JSON.parse(told.text)).toMatchObject({ status, code: expect.stringMatching(/^[A-Z_]+$/) });
  }
  const one = uplink(identity);
  one.tell([news(1)]);
  await within(async () => expect(await numbers()).toEqual([1]));
  expect(readFileSync(join(folder, 'server/link/nodes.json'), 'utf8')).not.toContain('BEGIN');
});
