import { describe, expect, it } from 'vitest';
import { splitItems } from './pieces.js';

const many = (count: number): string =>
  Array.from({ length: count }, (_, i) => `- rule: R${i}\n  condition: fd.name = /x/${i}\n`).join('');

describe('splitItems', () => {
  it('cuts before items, and loses nothing', () => {
    const text = many(5000);
    const pieces = splitItems(text) ?? [];
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    for (const { start, text: piece } of pieces) expect(text.startsWith(piece, start)).toBe(true);
    for (const { text: piece } of pieces) expect(piece.startsWith('- rule: ')).toBe(true);
  });

  it.each([
    ['short', many(10)],
    ['of several documents', `${many(5000)}---\n${many(1)}`],
  ])('leaves a file whole that is %s', (_, text) => {
    expect(splitItems(text)).toBeUndefined();
  });
});
