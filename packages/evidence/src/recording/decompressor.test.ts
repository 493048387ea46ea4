import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Decompressor, decompressAlone } from './decompressor.js';

const inside = new Decompressor();
const WAYS = [
  ['inside a stream', inside],
  ['one by one, where Node.js has no such engine', { decompress: decompressAlone }],
] as const;

describe.each(WAYS)('blocks decompressed %s', (_, packer) => {
  test('what was compressed comes back, block after block, of any size', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.integer({ min: 1, max: 300 }), (bytes, times) => {
        const raw = Buffer.concat(new Array<Uint8Array>(times).fill(bytes));
        const back = packer.decompress(zstdCompressSync(raw), raw.length);
        expect(back !== undefined && Buffer.compare(back, raw)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  test('damage, another length and a rest are refused, and do no harm to the next block', () => {
    const raw = new Uint8Array(10_000).map((_, i) => (i * i) % 251);
    const packed = zstdCompressSync(raw);
    const fine = (): boolean =>
      Buffer.compare(packer.decompress(packed, raw.length) ?? new Uint8Array(), raw) === 0;
    expect(fine()).toBe(true);
    for (const length of [0, 9_999, 10_001]) expect(packer.decompress(packed, length)).toBeUndefined();
    expect(packer.decompress(packed.subarray(0, packed.length / 2), raw.length)).toBeUndefined();
    expect(packer.decompress(new Uint8Array(0), 100)).toBeUndefined();
    expect(fine()).toBe(true);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(2000), (bytes, length) => {
        packer.decompress(bytes, length);
        expect(fine()).toBe(true);
      }),
    );
  });
});
