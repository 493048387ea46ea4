import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StringCache } from './string-cache.js';

const reference = new TextDecoder('utf-8', { ignoreBOM: true });
function expectSame(cache: StringCache, bytes: Uint8Array): void {
  expect(cache.decode(bytes, 0, bytes.length)).toBe(reference.decode(bytes));
}

test('decoding gives what UTF-8 gives, bytes that are none included', () => {
  const cache = new StringCache();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expectSame(cache, bytes)),
    { numRuns: 2000 },
  );
});

test('text comes back as it is, also the second time', () => {
  const cache = new StringCache();
  const encoder = new TextEncoder();
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
      const bytes = encoder.encode(text);
      expect([cache.decode(bytes, 0, bytes.length), cache.decode(bytes, 0, bytes.length)]).toEqual([
        text,
        text,
      ]);
    }),
  );
});

test('a byte order mark is part of a name: a relative path must not turn absolute', () => {
  const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, 0x2f, 0x65);
  expect(new StringCache().decode(bytes, 0, bytes.length)).toBe('\uFEFF/e');
});

test('only the bytes named are read', () => {
  const bytes = new TextEncoder().encode('xx/etc/passwdyy');
  expect(new StringCache().decode(bytes, 2, 11)).toBe('/etc/passwd');
});

test('strings that share a slot do not take each other for themselves', () => {
  const cache = new StringCache();
  // "Aa" and "BB" have one value under a hash that multiplies by 31; so have all words made of them.
  const words = ['Aa', 'BB'].flatMap((a) => ['Aa', 'BB'].flatMap((b) => ['Aa', 'BB'].map((c) => a + b + c)));
  const encoder = new TextEncoder();
  for (let round = 0; round < 3; round += 1) {
    for (const word of words) {
      const bytes = encoder.encode(word);
      expect(cache.decode(bytes, 0, bytes.length)).toBe(word);
    }
  }
});

test('more strings than slots stay right', () => {
  const cache = new StringCache();
  const encoder = new TextEncoder();
  for (let i = 0; i < 20_000; i += 1) {
    const text = `/proc/${i}/status`;
    const bytes = encoder.encode(text);
    if (cache.decode(bytes, 0, bytes.length) !== text) expect.fail(`${text} came back wrong`);
  }
});
