import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { LIMITS } from '../limits.js';
import { enrolStatement, packAttestation, quoteStatement, unpackAttestation } from './attestation.js';

const quote = (list = '') => ({
  ...{
    kind: 'quote' as const,
    key: 'AAAA',
    attest: 'AAAA',
    signature: 'AAAA',
    registers: { 0: 'ab'.repeat(32) },
  },
  ...{ bootLog: '', measurements: list },
});

test('an attestation arrives as it was packed', async () => {
  expect(await unpackAttestation(await packAttestation(quote('AAAA')))).toEqual(quote('AAAA'));
});

test('logs that are larger than a server takes are told to the node, and one that unpacks to more is refused', async () => {
  await expect(packAttestation(quote('A'.repeat(LIMITS.attestationUnpackedBytes)))).rejects.toMatchObject({
    code: 'PROTOCOL_TOO_LARGE',
  });
  const bomb = zstdCompressSync(Buffer.alloc(LIMITS.attestationUnpackedBytes + 1));
  await expect(unpackAttestation(bomb)).rejects.toMatchObject({ code: 'PROTOCOL_TOO_LARGE' });
});

test.each([
  ['noise', Buffer.from('nothing')],
  ['no JSON', zstdCompressSync(Buffer.from('{'))],
  ['another kind', zstdCompressSync(Buffer.from('{"kind":"x"}'))],
  [
    'a register that is none',
    zstdCompressSync(Buffer.from(JSON.stringify({ ...quote(), registers: { 100: '' } }))),
  ],
])('%s is refused', async (_, body) => {
  await expect(unpackAttestation(body)).rejects.toMatchObject({ code: 'PROTOCOL_MALFORMED' });
});

test('what is signed for one purpose, nonce, connection or key is nothing for another', () => {
  const [a, b] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const all = [
    quoteStatement(a, b),
    quoteStatement(b, a),
    enrolStatement(a, b.toString('hex')),
    enrolStatement(b, a.toString('hex')),
  ];
  expect(new Set(all.map((each) => each.toString('hex'))).size).toBe(4);
});
