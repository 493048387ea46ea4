import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AddressCache } from './address-cache.js';
import { formatIpv4, formatIpv6 } from './ip-text.js';

it('gives every address the text it would have without a cache, however often slots are shared', () => {
  const address = fc.uint8Array({ minLength: 18, maxLength: 18 });
  fc.assert(
    fc.property(fc.array(address, { maxLength: 200 }), (all) => {
      const cache = new AddressCache();
      for (const bytes of [...all, ...all]) {
        const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        expect(cache.v4(data, bytes, 2)).toBe(formatIpv4(bytes, 2));
        expect(cache.v6(data, bytes, 1)).toBe(formatIpv6(bytes, 1));
      }
    }),
    { numRuns: 50 },
  );
});

it('tells apart 100,000 addresses of one network', () => {
  const cache = new AddressCache();
  const bytes = new Uint8Array(4);
  const data = new DataView(bytes.buffer);
  for (let i = 0; i < 100_000; i += 1) {
    data.setUint32(0, 0x0a000000 + i);
    expect(cache.v4(data, bytes, 0)).toBe(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  }
});
