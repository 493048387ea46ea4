import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directoryOf, fileNameOf, globMatches, printable } from './text.js';

describe('globMatches', () => {
  test.each<[pattern: string, text: string, expected: boolean]>([
    ['/proc*', '/proc', true],
    ['/proc*', '/proc/sys', true],
    ['/proc', '/proc/sys', false],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*/x/*.sock', '/run/x/y/a.sock', true],
    ['*a*b', 'xaxaxb', true],
    ['*a*b', 'xaxaxbx', false],
  ])('%s on %s', (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  test('agrees with the regular expression of the same pattern', () => {
    const short = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 8 });
    fc.assert(
      fc.property(short('ab*?'), short('ab/'), (pattern, text) => {
        const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(globMatches(pattern, text)).toBe(regex.test(text));
      }),
    );
  });
});

test.each([
  ['/a/b/c', '/a/b', 'c'],
  ['/a', '/', 'a'],
  ['/', '/', ''],
  ['a', '/', 'a'],
])('%s splits into %s and %s', (path, directory, file) => {
  expect([directoryOf(path), fileNameOf(path)]).toEqual([directory, file]);
});

test('printable shows ASCII, dots for the rest, and not more than 80 bytes', () => {
  expect(printable(Uint8Array.of(0x41, 0, 0xff, 0x7e, 0x7f))).toBe('A..~.');
  expect(printable(new Uint8Array(500))).toHaveLength(80);
});
