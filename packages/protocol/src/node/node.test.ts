import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Command } from '../command.js';
import { LIMITS } from '../limits.js';
import { parseToken, tokenText } from '../token.js';
import { packRecords, unpackRecords } from './batch.js';
import { signCommand, verifyCommand } from './signature.js';

const record = {
  ...{ boot: 'a'.repeat(32), seq: 1, kind: 'detection', timeMs: 1_700_000_000_000, priority: 'Warning' },
  ...{
    rule: 'A shell',
    namespace: '',
    workload: 'web',
    container: 'abc',
    incident: '',
    body: { a: '\u0000ü' },
  },
};
const line = (change: object): Buffer => Buffer.from(JSON.stringify({ ...record, ...change }));

test('what is packed is unpacked', () => {
  const lines = [line({}), line({ seq: 2, kind: 'gap' })];
  const sent = { ...record, body: JSON.stringify(record.body) };
  expect(unpackRecords(packRecords(lines)).records).toEqual([sent, { ...sent, seq: 2, kind: 'gap' }]);
  expect(unpackRecords(packRecords([])).records).toEqual([]);
});

const packed = (text: string): Buffer => zstdCompressSync(Buffer.from(text));
const hostile: readonly (readonly [string, () => Buffer, RegExp])[] = [
  ['noise', () => randomBytes(1000), /not compressed with zstd/],
  ['what was cut', () => packed(line({}).toString()).subarray(0, 40), /not compressed with zstd/],
  ['too many bytes', () => Buffer.alloc(LIMITS.batchBytes + 1), /too large: more than 4194304 bytes/],
  ['a bomb', () => zstdCompressSync(Buffer.alloc(LIMITS.unpackedBytes + 1)), /unpacked more than/],
  ['too many records', () => packed('\n'.repeat(LIMITS.batchRecords)), /more than 4096 records/],
  ['one large record', () => packed(`"${'x'.repeat(LIMITS.recordBytes)}"`), /a record of more than/],
  ['no JSON', () => packed(`${line({})}\n{`), /record 2 of the batch is no JSON/],
  ['another shape', () => packed('[]'), /record 1 of the batch is not as agreed: /],
  ['an unknown key', () => packed(line({ more: 1 }).toString()), /not as agreed/],
  ['an unknown kind', () => packed(line({ kind: 'x' }).toString()), /at `kind`/],
  ['a number that is none', () => packed(line({ seq: 1.5 }).toString()), /at `seq`/],
  ['a number before the first', () => packed(line({ seq: 0 }).toString()), /at `seq`/],
  ['a number no double holds', () => packed(line({ seq: 2 ** 60 }).toString()), /at `seq`/],
  [
    'a label that steers a terminal',
    () => packed(line({ rule: '\u001b[2J' }).toString()),
    /at `rule`: has control/,
  ],
  ['a long label', () => packed(line({ workload: 'x'.repeat(513) }).toString()), /at `workload`/],
  ['a body that is a list', () => packed(line({ body: [] }).toString()), /at `body`/],
  ['a time after the end of time', () => packed(line({ timeMs: 9e15 }).toString()), /at `timeMs`/],
];

test.each(hostile)('a batch of %s is refused, and says where', (_, make, says) => {
  expect(() => unpackRecords(make())).toThrow(says);
});

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const command: Command = {
  id: '7f8a3f0e-3c43-4a52-9b3b-0d6a2f1b6f10',
  node: '0d1d2c7e-9a54-4f0f-8f3f-6c0f3d1f2a11',
  ...{ issuedMs: 1, expiresMs: 2, by: 'anna' },
  action: { do: 'respond', container: 'web', order: { action: 'pause' }, why: '' },
};

test('a command is obeyed only with the signature of the key, over exactly its text', () => {
  const signed = signCommand(command, privateKey);
  expect(verifyCommand(signed, publicKey)).toEqual(command);
  const other = generateKeyPairSync('ed25519');
  const changed = { ...signed, command: signed.command.replace('pause', 'kill!') };
  expect(() => verifyCommand(changed, publicKey)).toThrow(/not signed by the server/);
  expect(() => verifyCommand(signed, other.publicKey)).toThrow(/not signed by the server/);
  expect(() => verifyCommand({ ...signed, signature: '' }, publicKey)).toThrow(/not signed by the server/);
});

test('a signed command of another shape is refused', () => {
  // As a server of another version would send it.
  const odd = { ...command, action: { do: 'format-disk' } } as unknown as Command;
  expect(() => verifyCommand(signCommand(odd, privateKey), publicKey)).toThrow(/not as agreed at `action/);
});

test('a token is read back, and one that is not whole is not shown', () => {
  const parts = { id: 'b'.repeat(16), secret: 'c'.repeat(43), authority: 'd'.repeat(64) };
  expect(parseToken(`${tokenText(parts)}\n`)).toEqual(parts);
  for (const text of ['', 'rwt1', tokenText(parts).slice(1), `${tokenText(parts)}0`, 'rwt1.secret']) {
    expect(() => parseToken(text)).toThrow(/the enrolment token is not whole/);
  }
});
