import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Authority } from './authority.js';
import { FileBook } from './book.js';
import { type KeyPair, newKeys } from './certificates.js';
import { Registry, type TokenOrder } from './registry.js';
import { Pkcs10CertificateRequestGenerator } from './x509.js';

const HOUR = 3_600_000;
let folder = '';
let now = Date.now();
let revoked: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rw-registry-'));
  now = Date.now();
  revoked = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = async (): Promise<Registry> =>
  new Registry({
    ...{ book: new FileBook(folder), authority: await Authority.open(join(folder, 'authority')) },
    now: () => now,
    onRevoked: (id) => revoked.push(id),
  });
const order: TokenOrder = { cluster: 'main', node: null, replace: false, by: 'anna', validMs: HOUR };
const requestOf = async (keys: KeyPair): Promise<string> => {
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=anybody',
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return request.toString('pem');
};
const newRequest = async (): Promise<string> => requestOf(await newKeys());
const digestOf = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

test('a token makes one node, whose certificate is for its key, from this authority, and for clients only', async () => {
  const registry = await open();
  const { text } = registry.createToken(order);
  const enrolled = await registry.enrol({ token: text, node: 'node-1', request: await newRequest() });
  const certificate = new X509Certificate(enrolled.certificate);
  expect(certificate.verify(new X509Certificate(enrolled.authority).publicKey)).toBe(true);
  expect(certificate.subject).toBe(`CN=${enrolled.id}`);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(certificate.ca).toBe(false);
  expect(registry.shows(digestOf(enrolled.certificate))).toMatchObject({ id: enrolled.id, name: 'node-1' });
  await expect(registry.enrol({ token: text, node: 'node-2', request: await newRequest() })).rejects.toThrow(
    /was used already/,
  );
});

test('the same key may use its token again, since the answer may not have arrived; it stays one node', async () => {
  const registry = await open();
  const { text } = registry.createToken(order);
  const request = await newRequest();
  const first = await registry.enrol({ token: text, node: 'node-1', request });
  const second = await registry.enrol({ token: text, node: 'node-1', request });
  expect(second.id).toBe(first.id);
  expect(registry.nodes).toHaveLength(1);
  registry.revoke('node-1', 'stolen');
  await expect(registry.enrol({ token: text, node: 'node-1', request })).rejects.toThrow(/used already/);
});

test('of two that use one token at the same time, one is refused', async () => {
  const registry = await open();
  const { text } = registry.createToken(order);
  const tries = ['node-1', 'node-2'].map(async (node) =>
    registry.enrol({ token: text, node, request: await newRequest() }),
  );
  const ends = (await Promise.allSettled(tries)).map(({ status }) => status);
  expect(ends.toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(registry.nodes).toHaveLength(1);
});

test.each<[string, Partial<TokenOrder>, string, RegExp]>([
  ['another node than it names', { node: 'node-1' }, 'node-2', /not for the node `node-2`/],
  ['a name that a node has', {}, 'taken', /there is a node `taken` in `main` already/],
])('a token is refused for %s', async (_, change, node, says) => {
  const registry = await open();
  const other = registry.createToken(order);
  await registry.enrol({ token: other.text, node: 'taken', request: await newRequest() });
  const { text } = registry.createToken({ ...order, ...change });
  await expect(registry.enrol({ token: text, node, request: await newRequest() })).rejects.toThrow(says);
  expect(registry.tokens.at(-1)?.state).toBe('open');
});

test('a token that says so takes a name over, and the node that had it is none any more', async () => {
  const registry = await open();
  const one = registry.createToken(order);
  const before = await registry.enrol({ token: one.text, node: 'node-1', request: await newRequest() });
  const { text } = registry.createToken({ ...order, node: 'node-1', replace: true });
  const after = await registry.enrol({ token: text, node: 'node-1', request: await newRequest() });
  expect(after.id).not.toBe(before.id);
  expect(revoked).toEqual([before.id]);
  expect(() => registry.shows(digestOf(before.certificate))).toThrow(/of no node/);
  expect(registry.shows(digestOf(after.certificate)).id).toBe(after.id);
});

test('a token that replaces has to name whom', async () => {
  const registry = await open();
  expect(() => registry.createToken({ ...order, replace: true })).toThrow(/has to name it/);
});

test('an expired token is refused, and stays so when the clock is set back', async () => {
  const registry = await open();
  const { text } = registry.createToken(order);
  now += HOUR;
  registry.createToken(order); // the server is used at that time
  now -= 2 * HOUR;
  const again = await open();
  await expect(again.enrol({ token: text, node: 'node-1', request: await newRequest() })).rejects.toThrow(
    /has expired/,
  );
});

test.each<[string, (text: string) => string]>([
  ['another secret', (text) => text.replace(/\.[^.]{43}\./, `.${'x'.repeat(43)}.`)],
  ['another id', (text) => text.replace(/^rwt1\.[^.]+/, `rwt1.${'0'.repeat(16)}`)],
])('a token with %s is refused in the same words', async (_, change) => {
  const registry = await open();
  const { text } = registry.createToken(order);
  const request = await newRequest();
  await expect(registry.enrol({ token: change(text), node: 'n', request })).rejects.toThrow(
    /^the enrolment token is not known here$/,
  );
});

test.each<[string, () => Promise<string>, RegExp]>([
  [
    'noise',
    async () => '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
    /cannot be read/,
  ],
  [
    'a request signed by another key',
    async () => {
      const [mine, other] = [await newKeys(), await newKeys()];
      return requestOf({ publicKey: other.publicKey, privateKey: mine.privateKey });
    },
    /not signed by its own key/,
  ],
])('a certificate is not made for %s', async (_, make, says) => {
  const registry = await open();
  const { text } = registry.createToken(order);
  await expect(registry.enrol({ token: text, node: 'n', request: await make() })).rejects.toThrow(says);
  expect(registry.tokens[0]?.state).toBe('open');
});

test('a certificate whose time is over is refused', async () => {
  const registry = await open();
  const { text } = registry.createToken(order);
  const { certificate } = await registry.enrol({ token: text, node: 'n', request: await newRequest() });
  now = Date.parse(new X509Certificate(certificate).validTo) - 1000;
  expect(registry.shows(digestOf(certificate)).name).toBe('n');
  now += 2000; // the certificate tells whole seconds
  expect(() => registry.shows(digestOf(certificate))).toThrow(/has expired/);
});

test('a renewed certificate ends the old one when it is first shown, not before', async () => {
  const registry = await open();
  const { text } = registry.createToken(order);
  const first = await registry.enrol({ token: text, node: 'n', request: await newRequest() });
  const lost = await registry.renew(first.id, await newRequest());
  const second = await registry.renew(first.id, await newRequest());
  expect(registry.shows(digestOf(first.certificate)).id).toBe(first.id);
  expect(() => registry.shows(digestOf(lost))).toThrow(/of no node/);
  expect(registry.shows(digestOf(second)).id).toBe(first.id);
  expect(() => registry.shows(digestOf(first.certificate))).toThrow(/of no node/);
});

test('what was decided is there after a restart; no secret is, and the files are their owner’s', async () => {
  const registry = await open();
  const used = registry.createToken(order);
  const enrolled = await registry.enrol({ token: used.text, node: 'n', request: await newRequest() });
  const { text } = registry.createToken(order);
  const again = await open();
  expect(again.tokens.map(({ state }) => state)).toEqual(['used', 'open']);
  expect(again.shows(digestOf(enrolled.certificate)).name).toBe('n');
  expect(readFileSync(join(folder, 'nodes.json'), 'utf8')).not.toContain(text.split('.')[2]);
  for (const path of ['nodes.json', 'authority/authority.key', 'authority/command.key'])
    expect(statSync(join(folder, path)).mode & 0o777).toBe(0o600);
  again.revoke('n', 'lost');
  expect(() => again.shows(digestOf(enrolled.certificate))).toThrow(/of no node/);
  expect(() => again.find('n')).toThrow(/there is no node `n`/);
});

test('a damaged book or authority is named, and nothing is made in its place', async () => {
  await open();
  writeFileSync(join(folder, 'nodes.json'), '{"version":2}');
  await expect(open()).rejects.toThrow(/nodes\.json` cannot be used/);
  rmSync(join(folder, 'nodes.json'));
  rmSync(join(folder, 'authority/authority.key'));
  await expect(open()).rejects.toThrow(/`authority.key` is missing/);
});

test('the server shows a certificate for servers only, the same until it is near its end', async () => {
  const authority = await Authority.open(join(folder, 'authority'));
  const first = await authority.serving(now);
  expect(new X509Certificate(first.certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(await authority.serving(now)).toEqual(first);
  const later = await authority.serving(now + 61 * 24 * HOUR);
  expect(later.certificate).not.toBe(first.certificate);
});
