import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CrashDisk, seeded } from '../../testing/crash-disk.js';
import { openSample } from '../../testing/sample-log.js';
import { verifyLog } from '../verify/verify-log.js';
import { Rfc3161Authority, timeStampRequest, tokenOf } from './authority.js';
import { elements, oid, readDer, readOid } from './der.js';
import { isTrusted, readToken } from './token.js';

const folder = mkdtempSync(join(tmpdir(), 'runward-tsa-'));
const at = (name: string): string => join(folder, name);

const CONFIGURATION = `[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[stamping]
extendedKeyUsage = critical, timeStamping
[web]
extendedKeyUsage = serverAuth
[tsa]
default_tsa = stamps
[stamps]
serial = ${at('serial')}
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
ess_cert_id_alg = sha256
`;

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
}

/** An authority of openssl: its root, its certificate by a key of this type, and what signs with it. */
function makeAuthority(name: string, key: readonly string[], extensions = 'stamping'): void {
  const [root, rootKey] = [at(`${name}-root.pem`), at(`${name}-root.key`)];
  const subject = ['-nodes', '-config', at('openssl.cnf')];
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2', ...subject,
    ...['-keyout', rootKey, '-out', root, '-subj', `/CN=${name} root`, '-extensions', 'root']); // biome-ignore format: one call
  openssl(
    'req',
    '-newkey',
    ...key,
    ...subject,
    '-keyout',
    at(`${name}.key`),
    '-out',
    at('request'),
    '-subj',
    `/CN=${name}`,
  );
  openssl('x509', '-req', '-in', at('request'), '-CA', root, '-CAkey', rootKey, '-CAcreateserial', '-days', '2',
    ...['-out', at(`${name}.pem`), '-extfile', at('openssl.cnf'), '-extensions', extensions]); // biome-ignore format: one call
}

function reply(request: Buffer, name: string): Buffer {
  writeFileSync(at('query'), request);
  openssl('ts', '-reply', '-config', at('openssl.cnf'), '-queryfile', at('query'), '-out', at('reply'),
    ...['-signer', at(`${name}.pem`), '-inkey', at(`${name}.key`)]); // biome-ignore format: one call
  return readFileSync(at('reply'));
}

const certificates = (name: string): X509Certificate[] => [
  new X509Certificate(readFileSync(at(`${name}-root.pem`))),
];
const digest = createHash('sha256').update('what is stamped').digest();
const nonce = Buffer.from('4102030405060708', 'hex');

let server: Server;
let url: string;
let answer: (request: Buffer) => Buffer | number = (request) => reply(request, 'ec');

beforeAll(async () => {
  writeFileSync(at('openssl.cnf'), CONFIGURATION);
  writeFileSync(at('serial'), '01\n');
  makeAuthority('ec', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']);
  makeAuthority('rsa', ['rsa:2048']);
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const what = answer(Buffer.concat(chunks));
      response.writeHead(typeof what === 'number' ? what : 200, {
        'content-type': 'application/timestamp-reply',
      });
      response.end(typeof what === 'number' ? '' : what);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // it listens
}, 60_000);

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test('object identifiers read back as they are written', () => {
  for (const dotted of ['1.2.840.113549.1.7.2', '2.16.840.1.101.3.4.2.1', '1.3.6.1.5.5.7.3.8', '2.100.3'])
    expect(readOid(readDer(oid(dotted)), 'it')).toBe(dotted);
});

describe.each(['ec', 'rsa'])('a time stamp of openssl, signed with %s', (name) => {
  test('is read, holds, and is trusted by the root of its authority alone, while that held', () => {
    const stamp = readToken(tokenOf(reply(timeStampRequest(digest, nonce), name)));
    expect(stamp).toMatchObject({ imprint: digest.toString('hex'), nonce: nonce.toString('hex') });
    expect(Math.abs(Date.parse(stamp.time) - Date.now())).toBeLessThan(600_000);
    expect(isTrusted(stamp, certificates(name))).toBe(true);
    expect(isTrusted(stamp, certificates(name === 'ec' ? 'rsa' : 'ec'))).toBe(false);
    expect(isTrusted(stamp, [])).toBe(false);
    expect(isTrusted({ ...stamp, time: '2001-01-01T00:00:00Z' }, certificates(name))).toBe(false);
  });

  test('does not hold when a byte of it is changed, and is never misread', () => {
    const token = tokenOf(reply(timeStampRequest(digest, nonce), name));
    const whole = readToken(token);
    let refused = 0;
    for (let i = 0; i < token.length; i += 1) {
      const changed = Buffer.from(token);
      changed[i] = (changed[i] ?? 0) ^ 0x04;
      try {
        // Some bytes are outside what is signed, such as those of other certificates.
        const { imprint, time, nonce: told, serial } = readToken(changed);
        expect({ imprint, time, nonce: told, serial }).toEqual({
          ...{ imprint: whole.imprint, time: whole.time, nonce: whole.nonce, serial: whole.serial },
        });
      } catch (error) {
        expect(error).toMatchObject({ name: 'DerError' });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(token.length / 3);
  });
});

test('a certificate that is not for stamping times stamps none', () => {
  makeAuthority('web', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], 'stamping');
  const token = tokenOf(reply(timeStampRequest(digest, nonce), 'web'));
  // The same key, with a certificate for something else in the place of its own.
  const [root, key, request] = [at('web-root.pem'), at('web-root.key'), at('request')];
  openssl('x509', '-req', '-in', request, '-CA', root, '-CAkey', key, '-CAcreateserial', '-days', '2',
    ...['-out', at('other.pem'), '-extfile', at('openssl.cnf'), '-extensions', 'web']); // biome-ignore format: one call
  const stamp = readToken(token);
  expect(() =>
    withCertificate(token, stamp.signer, new X509Certificate(readFileSync(at('other.pem')))),
  ).toThrow('none of its certificates signed it, or may stamp times');
});

/** The token with another certificate where its own was, read again; both have the same length but for a few bytes. */
function withCertificate(token: Buffer, from: X509Certificate, to: X509Certificate): unknown {
  const [type, body] = elements(readDer(token));
  const at = token.indexOf(from.raw);
  expect([type?.tag, body?.tag, at > 0]).toEqual([0x06, 0xa0, true]);
  const grown = to.raw.length - from.raw.length;
  const bytes = Buffer.concat([token.subarray(0, at), to.raw, token.subarray(at + from.raw.length)]);
  // Lengths of two bytes of everything around it: token, signed data twice, certificates.
  for (const place of lengthsAround(token, at)) bytes.writeUInt16BE(bytes.readUInt16BE(place) + grown, place);
  return readToken(bytes);
}

function lengthsAround(bytes: Buffer, inside: number, base = 0): readonly number[] {
  const element = readDer(bytes);
  const head = element.whole.length - element.content.length;
  if (inside < base + head) return [];
  let offset = base + head;
  for (const child of elements(element)) {
    const end = offset + child.whole.length;
    if (inside >= offset && inside < end)
      return [base + 2, ...(inside === offset ? [] : lengthsAround(child.whole, inside, offset))];
    offset = end;
  }
  return [];
}

describe('an authority that is asked over HTTP', () => {
  test('stamps the digest that it was given', async () => {
    answer = (request) => reply(request, 'ec');
    const { token, time } = await new Rfc3161Authority(url).stamp(digest);
    expect(readToken(token)).toMatchObject({ imprint: digest.toString('hex'), time });
  });

  const other = createHash('sha256').update('something else').digest();
  test.each<[string, (request: Buffer) => Buffer | number, RegExp]>([
    [
      'that stamps something else',
      () => reply(timeStampRequest(other, nonce), 'ec'),
      /it is of another digest/,
    ],
    [
      'that answers an earlier request',
      () => reply(timeStampRequest(digest, nonce), 'ec'),
      /answers another request/,
    ],
    ['that refuses', () => Buffer.from('30053003020102', 'hex'), /refused with status 2/],
    ['that answers nonsense', () => Buffer.from('hello'), /./],
    ['that fails', () => 503, /status 503/],
    ['that says too much', () => Buffer.alloc(100_000), /larger than 65536 bytes/],
  ])('%s is not believed', async (_, how, why) => {
    answer = how;
    const asked = new Rfc3161Authority(url).stamp(digest);
    await expect(asked).rejects.toMatchObject({
      code: 'EVIDENCE_TIME_UNAVAILABLE',
      message: expect.stringMatching(why),
    });
  });

  test('that is not there is told so', async () => {
    await expect(new Rfc3161Authority('http://127.0.0.1:1/').stamp(digest)).rejects.toMatchObject({
      code: 'EVIDENCE_TIME_UNAVAILABLE',
    });
  });
});

describe('a log with a time authority', () => {
  async function stampedLog(): Promise<CrashDisk> {
    const disk = new CrashDisk(seeded(3));
    const authority = new Rfc3161Authority(url);
    for (let run = 0; run < 3; run += 1) {
      const log = await openSample(disk, { authority });
      await log.append('agent.start', { producer: 'test', pid: run });
      const before = log.status.seq;
      // The end of the run before is stamped once this one has begun.
      if (run > 0) while (log.status.seq === before) await new Promise((resolve) => setTimeout(resolve, 5));
      await log.close();
    }
    return disk;
  }

  test('has the end of each segment stamped, which proves when it was there', async () => {
    answer = (request) => reply(request, 'rsa');
    const disk = await stampedLog();
    expect(await verifyLog(disk)).toMatchObject({ errors: 0, times: { stamps: 2, trusted: 0 } });
    const trusting = await verifyLog(disk, { timeAuthorities: certificates('rsa') });
    expect(trusting).toMatchObject({ errors: 0, times: { stamps: 2, trusted: 2, last: { authority: url } } });
    const { findings } = await verifyLog(disk, { timeAuthorities: certificates('ec') });
    expect(findings).toMatchObject([
      { code: 'EVIDENCE_TIME_NOT_TRUSTED' },
      { code: 'EVIDENCE_TIME_NOT_TRUSTED' },
    ]);
  });

  test('goes on when the authority is away, and says so once', async () => {
    answer = () => 503;
    const disk = new CrashDisk();
    const said: string[] = [];
    const authority = new Rfc3161Authority(url);
    for (let run = 0; run < 2; run += 1) {
      const log = await openSample(disk, { authority, say: (message) => said.push(message) });
      await log.append('agent.start', { producer: 'test', pid: run });
      while (run > 0 && said.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await log.close();
    }
    expect(said).toEqual([
      expect.stringMatching(/no time stamp from .*status 503; it is asked again every minute/),
    ]);
    expect(await verifyLog(disk)).toMatchObject({ errors: 0, times: { stamps: 0 } });
  });

  test('a stamp that is put in for another record is found', async () => {
    const stamp = reply(timeStampRequest(digest, nonce), 'ec');
    const authority = {
      name: 'a forger',
      stamp: () => Promise.resolve({ token: tokenOf(stamp), time: '2001-01-01T00:00:00Z', serial: '1' }),
    };
    const disk = new CrashDisk();
    for (let run = 0; run < 2; run += 1) {
      const log = await openSample(disk, { authority });
      await log.append('agent.start', { producer: 'test', pid: run });
      await log.append('agent.stop', { why: 'x' });
      await log.close();
    }
    const { findings } = await verifyLog(disk);
    expect(findings).toMatchObject([
      { code: 'EVIDENCE_TIME_WRONG', message: expect.stringMatching(/not of record/) },
    ]);
  });
});
