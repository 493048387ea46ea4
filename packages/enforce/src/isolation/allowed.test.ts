import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AllowedNetwork, allowedNetwork, allowKey, isAllowed, networkOfKey } from './allowed.js';

const network = (text: string): AllowedNetwork => {
  const found = allowedNetwork(text);
  if (found === undefined) throw new Error(`${text} is a network`);
  return found;
};
const address = (text: string): Uint8Array => network(text).address;

describe('a network that is allowed', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3/32'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::ffff:10.1.2.3', '10.1.2.3/32'],
    ['fd00:1::7/64', 'fd00:1::/64'],
    ['::/0', '::/0'],
    ['fd00::/61', 'fd00::/61'],
  ])('%s is %s in the kernel', (text, expected) => {
    const read = networkOfKey(allowKey(7, network(text)));
    expect(read).toMatchObject({ isolation: 7, network: { text: expected } });
    expect(allowKey(7, read.network)).toEqual(allowKey(7, network(text)));
  });

  test.each(['', '10.0.0', '10.0.0.0/33', 'fd00::/129', 'web', '10.0.0.1/-1'])('is not `%s`', (text) => {
    expect(allowedNetwork(text)).toBeUndefined();
  });

  test('covers what is in it and nothing else', () => {
    const allowed = ['10.0.0.0/13', 'fd00::/61', '192.0.2.7'].map(network);
    const is = (text: string): boolean => isAllowed(allowed, address(text));
    expect(['10.7.255.255', 'fd00:0:0:7::1', '192.0.2.7'].filter((text) => !is(text))).toEqual([]);
    expect(['10.8.0.0', 'fd00:0:0:8::1', '192.0.2.6', '::a07:0'].filter(is)).toEqual([]);
  });

  test('is one key however its bits behind the prefix were written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(128), (bytes, bits) => {
        const key = allowKey(1, { text: '', address: bytes, bits });
        expect(isAllowed([{ text: '', address: bytes, bits }], key.slice(8))).toBe(true);
        expect(allowKey(1, { text: '', address: key.slice(8), bits })).toEqual(key);
      }),
    );
  });
});
