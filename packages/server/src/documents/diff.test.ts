import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DiffLine, diffLines } from './diff.js';

const sign = { same: ' ', removed: '-', added: '+' } as const;
const shown = (lines: readonly DiffLine[]): string =>
  lines.map(({ change, text }) => `${sign[change]}${text}`).join('\n');

test.each([
  ['', '', ''],
  ['a\n', 'a\n', ' a'],
  ['', 'a\nb\n', '+a\n+b'],
  ['a\nb\n', '', '-a\n-b'],
  ['a\nb\nc\n', 'a\nx\nc\n', ' a\n-b\n+x\n c'],
  ['a\nb\nc\nd\n', 'b\nc\nd\ne\n', '-a\n b\n c\n d\n+e'],
])('%j and %j differ by %j', (before, after, wanted) => {
  expect(shown(diffLines(before, after))).toBe(wanted);
});

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 });
const text = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

test('both texts can be read from what is said, with their line numbers', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const found = diffLines(text(before), text(after));
      const left = found.filter(({ change }) => change !== 'added');
      const right = found.filter(({ change }) => change !== 'removed');
      expect(left.map((line) => line.text)).toEqual(before);
      expect(right.map((line) => line.text)).toEqual(after);
      expect(left.map((line) => line.before)).toEqual(before.map((_, at) => at + 1));
      expect(right.map((line) => line.after)).toEqual(after.map((_, at) => at + 1));
    }),
  );
});

test('texts that have nothing in common are replaced, however long they are', () => {
  const [before, after] = [
    Array.from({ length: 5000 }, (_, at) => `a${at}`),
    Array.from({ length: 5000 }, (_, at) => `b${at}`),
  ];
  const found = diffLines(text(before), text(after));
  expect(found).toHaveLength(10_000);
  expect(found[0]).toEqual({ change: 'removed', text: 'a0', before: 1, after: null });
});
