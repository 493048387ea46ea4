import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paintFor, table, toJson, visible } from './terminal.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const ACTIVE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

describe('visible', () => {
  it.each([
    ['an escape sequence', '\u001b[31mred', '\\x1b[31mred'],
    ['a line of its own', 'a\nb\r', 'a\\x0ab\\x0d'],
    ['the one-byte control sequence introducer', '\u009b2J', '\\x9b2J'],
    ['a direction override', 'txt.\u202eexe', 'txt.\\u{202e}exe'],
    ['letters of any script', 'größe 文件 👀', 'größe 文件 👀'],
  ])('shows %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves nothing a terminal acts on, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !ACTIVE.test(visible(text))));
  });
});

describe('toJson', () => {
  it('writes large integers exactly: as numbers where those are exact, else as text', () => {
    expect(toJson({ small: 7n, large: 2n ** 64n - 1n })).toBe('{"small":7,"large":"18446744073709551615"}');
  });

  it('writes maps as objects and bytes as base64', () => {
    expect(toJson({ map: new Map([['a', 1]]), bytes: Uint8Array.of(1, 2, 3) })).toBe(
      '{"map":{"a":1},"bytes":"AQID"}',
    );
  });

  it('keeps null, which says that a field has no value', () => {
    expect(toJson({ none: null })).toBe('{"none":null}');
  });

  it('is inert on a terminal and reads back the same, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = toJson({ text });
        expect(ACTIVE.test(json)).toBe(false);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});

describe('colours', () => {
  it('are for terminals, unless NO_COLOR is set', () => {
    const before = process.env.NO_COLOR;
    try {
      delete process.env.NO_COLOR;
      expect(paintFor({ isTTY: true })('red', 'x')).toBe('\u001b[31mx\u001b[0m');
      expect(paintFor({ isTTY: false })('red', 'x')).toBe('x');
      expect(paintFor({})('red', 'x')).toBe('x');
      process.env.NO_COLOR = '1';
      expect(paintFor({ isTTY: true })('red', 'x')).toBe('x');
    } finally {
      if (before === undefined) delete process.env.NO_COLOR;
      else process.env.NO_COLOR = before;
    }
  });
});

it('tables align their columns and have no trailing spaces', () => {
  expect(
    table([
      ['a', 'bb', 'c'],
      ['aaa', 'b', ''],
    ]),
  ).toBe('a    bb  c\naaa  b');
});
