import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIpv4, formatIpv6 } from './ip-text.js';

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
/** Mostly zero groups, so that runs of them occur at every place. */
const groups = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(0xffff)), {
  minLength: 8,
  maxLength: 8,
});
const bytesOf = (values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((g) => [g >> 8, g & 255]));
const canonical = (text: string): string => new URL(`http://[${text}]/`).hostname.slice(1, -1);

test('IPv4 is four numbers in the order of the wire', () => {
  fc.assert(
    fc.property(octets(4), (bytes) => {
      const text = formatIpv4(bytes, 0);
      expect(isIPv4(text)).toBe(true);
      expect(text.split('.').map(Number)).toEqual([...bytes]);
    }),
  );
});

test('IPv6 is the canonical form of its eight groups', () => {
  fc.assert(
    fc.property(groups, (values) => {
      fc.pre(!(values.slice(0, 5).every((g) => g === 0) && values[5] === 0xffff));
      expect(formatIpv6(bytesOf(values), 0)).toBe(canonical(values.map((g) => g.toString(16)).join(':')));
    }),
    { numRuns: 2000 },
  );
});

test('a v4-mapped address is the IPv4 address', () => {
  fc.assert(
    fc.property(octets(4), (v4) => {
      const bytes = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...v4);
      expect(formatIpv6(bytes, 0)).toBe(formatIpv4(v4, 0));
    }),
  );
});

test('addresses are read where they lie', () => {
  expect(formatIpv4(Uint8Array.of(9, 9, 127, 0, 0, 1), 2)).toBe('127.0.0.1');
  expect(formatIpv6(bytesOf([0xabcd, 0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]), 2)).toBe('2001:db8::1');
});
