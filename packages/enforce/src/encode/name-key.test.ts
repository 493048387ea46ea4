import { expect, it } from 'vitest';
import { RwNameKey } from '../layout.generated.js';
import { decodeNamePattern, encodeNamePattern, LONGEST_NAME } from './name-key.js';

const textOf = (pattern: string): string => {
  const key = encodeNamePattern(pattern);
  const bits = new DataView(key.buffer).getUint32(RwNameKey.bits, true);
  return String.fromCharCode(...key.subarray(RwNameKey.name, RwNameKey.name + bits / 8));
};

it.each([
  ['api.test', 'tset.ipa\0'],
  ['*.test', 'tset.'],
  ['a', 'a\0'],
])('%s is kept backwards, and tells one name from all below it', (pattern, text) => {
  expect(textOf(pattern)).toBe(text);
  expect(decodeNamePattern(encodeNamePattern(pattern))).toBe(pattern);
});

it('the longest name a policy may have fits', () => {
  const longest = `${'a.'.repeat((LONGEST_NAME - 2) / 2)}aa`;
  expect(longest).toHaveLength(LONGEST_NAME);
  expect(LONGEST_NAME).toBe(250);
  expect(decodeNamePattern(encodeNamePattern(longest))).toBe(longest);
});
