/** Whatever arrives, a reader of it answers or throws its own error, and comes to an end. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measuredEvents } from '../boot-log/describe.js';
import { parseBootLog } from '../boot-log/parse.js';
import { replayBootLog } from '../boot-log/replay.js';
import { AK_TEMPLATE, EK_TEMPLATES, SEALED_TEMPLATE, SRK_TEMPLATE } from '../commands/templates.js';
import { TpmError } from '../error.js';
import { imaOffsets, parseImaBinary, parseImaText } from '../ima/parse.js';
import { bootLogOf, imaListOf } from '../testing/logs.js';
import { keyObjectOf } from '../verify/key-object.js';
import { parseQuote } from './attest.js';
import { encodePublic, parsePublic } from './public-area.js';
import { parseSignature } from './signature.js';

const READERS: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  'a public area': parsePublic,
  'a public key': (bytes) => keyObjectOf(parsePublic(bytes)),
  'an attestation': parseQuote,
  'a signature': parseSignature,
  'a boot log': (bytes) => {
    const log = parseBootLog(bytes);
    return [replayBootLog(log), measuredEvents(log)];
  },
  'an IMA list': parseImaBinary,
  'the places of an IMA list': imaOffsets,
  'an IMA list as text': (bytes) => parseImaText(Buffer.from(bytes).toString('utf8')),
};

const hash = 'ab'.repeat(32);
/** Magic, kind, signer, nonce, clock, firmware, one bank, its digest. */
const QUOTE = [
  ...['ff544347', '8018', '0002aaaa', '0002bbbb'],
  ...['0000000000000001', '00000002', '00000003', '01', '0000000000000004'],
  ...['00000001', '000b', '03', 'ff0000', '0002cccc'],
].join('');
const SOUND: readonly Buffer[] = [
  ...[AK_TEMPLATE, EK_TEMPLATES.rsa, EK_TEMPLATES.ecc, SRK_TEMPLATE, SEALED_TEMPLATE].map(encodePublic),
  Buffer.from(QUOTE, 'hex'),
  Buffer.from(`0018000b0020${hash}0020${hash}`, 'hex'),
  Buffer.from('0014000b0002abcd', 'hex'),
  bootLogOf([{ register: 4, type: 0x80000003, digest: hash, text: 'grubx64.efi' }]),
  imaListOf([{ path: '/usr/bin/true', hash }]).list,
];

/** Sound bytes with a part of them changed, cut off or doubled. */
const bent = fc
  .tuple(fc.constantFrom(...SOUND), fc.nat(), fc.uint8Array({ maxLength: 8 }), fc.nat(), fc.boolean())
  .map(([bytes, at, put, end, isCut]) => {
    const from = at % (bytes.length + 1);
    const changed = Buffer.concat([
      bytes.subarray(0, from),
      put,
      bytes.subarray(Math.min(bytes.length, from + put.length)),
    ]);
    return isCut ? changed.subarray(0, end % (changed.length + 1)) : changed;
  });

test.each(Object.entries(READERS))(
  '%s that is none is answered or refused, whatever the bytes',
  (_, read) => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), bent), (bytes) => {
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(TpmError);
        }
      }),
      { numRuns: 3000 },
    );
  },
);

test('lengths that promise more than is there are refused before memory is taken', () => {
  const huge = Buffer.concat([Buffer.alloc(4), Buffer.alloc(4), Buffer.alloc(20), Buffer.alloc(4, 0xff)]);
  expect(() => parseBootLog(huge)).toThrow(/4294967295 bytes are announced/);
  expect(() => parseImaBinary(Buffer.concat([Buffer.alloc(24), Buffer.alloc(4, 0xff)]))).toThrow(/announced/);
});

test('a public area is read back as it was written', () => {
  for (const area of [AK_TEMPLATE, EK_TEMPLATES.rsa, EK_TEMPLATES.ecc, SRK_TEMPLATE, SEALED_TEMPLATE])
    expect(parsePublic(encodePublic(area))).toEqual(area);
});

test('a quote is read as it stands', () => {
  expect(parseQuote(Buffer.from(QUOTE, 'hex'))).toEqual({
    qualifiedSigner: Buffer.from('aaaa', 'hex'),
    extraData: Buffer.from('bbbb', 'hex'),
    clock: { clockMs: 1n, resets: 2, restarts: 3, isSafe: true },
    firmware: 4n,
    selections: [{ bank: 0x0b, registers: [0, 1, 2, 3, 4, 5, 6, 7] }],
    pcrDigest: Buffer.from('cccc', 'hex'),
  });
});
