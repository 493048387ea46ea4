import { expect, test } from 'vitest';
import { globTest } from './glob.js';

test.each([
  ['SHOP_*', 'SHOP_TOKEN', true],
  ['SHOP_*', 'MY_SHOP_TOKEN', false],
  ['*_KEY', 'API_KEY', true],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['*', 'a/b', false],
  ['a.b', 'axb', false],
  ['a***b', 'a-b', true],
])('%s and %s: %s', (pattern, text, fits) => {
  expect(globTest(pattern)(text)).toBe(fits);
});
