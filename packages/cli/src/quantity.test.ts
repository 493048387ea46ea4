import { describe, expect, test } from 'vitest';
import { type Parsed, UsageError } from './command.js';
import { durationOption, sizeOption, sizeText } from './quantity.js';

const given = (text: string | undefined): Parsed => ({
  flag: () => false,
  text: () => text,
  texts: () => [],
  rest: [],
});

describe('a time', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['10m', 600_000],
    ['1.5h', 5_400_000],
    ['2 D', 172_800_000],
  ])('%s', (text, ms) => expect(durationOption(given(text), 'duration')).toBe(ms));
});

describe('a size', () => {
  test.each([
    ['1B', 1],
    ['2kb', 2048],
    ['500MB', 500 * 1024 ** 2],
    ['1GiB', 1024 ** 3],
  ])('%s', (text, bytes) => expect(sizeOption(given(text), 'max-size')).toBe(bytes));
});

test.each(['', '10', 'm', '-5m', '0s', '1e3s', '5 parsecs', '99999999999999999999d'])(
  '`%s` is refused',
  (text) => {
    expect(() => durationOption(given(text), 'duration')).toThrow(UsageError);
    expect(() => sizeOption(given(text), 'max-size')).toThrow(UsageError);
  },
);

test('what is not given is undefined', () => {
  expect([durationOption(given(undefined), 'x'), sizeOption(given(undefined), 'x')]).toEqual([
    undefined,
    undefined,
  ]);
});

test('sizes are shown in the unit that fits', () => {
  expect([0, 999, 1024, 1.5 * 1024 ** 2, 2 * 1024 ** 4].map(sizeText)).toEqual([
    '0 B',
    '999 B',
    '1.0 KB',
    '1.5 MB',
    '2.0 TB',
  ]);
});
