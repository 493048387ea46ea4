import { expect, test } from 'vitest';
import { canonical, NotCanonical } from './canonical.js';
import { encodeBody } from './mend.js';

/** RFC 8785, section 3.2.2 and 3.2.3, and appendix B. */
test.each<[unknown, string]>([
  [
    {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    },
    `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`,
  ],
  [
    { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 },
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
  ],
  [-0, '0'],
  [Number.MIN_VALUE, '5e-324'],
  [-Number.MAX_VALUE, '-1.7976931348623157e+308'],
  [9007199254740992, '9007199254740992'],
  [295147905179352830000, '295147905179352830000'],
  [1424953923781206.2, '1424953923781206.2'],
])('%j is written as the standard has it', (value, expected) => {
  expect(canonical(value)).toBe(expected);
  expect(canonical(JSON.parse(canonical(value)))).toBe(expected);
});

test.each<[string, unknown, string]>([
  ['a bigint that a double holds', 9007199254740991n, '9007199254740991'],
  ['a bigint that no double holds', 2n ** 63n, '"9223372036854775808"'],
  ['a negative one', -(2n ** 53n), '"-9007199254740992"'],
  [
    'a map',
    new Map([
      ['b', 1],
      ['a', 2],
    ]),
    '{"a":2,"b":1}',
  ],
  ['bytes', Uint8Array.of(255, 0), '"/wA="'],
  ['members without a value', { a: undefined, b: 1 }, '{"b":1}'],
  ['no prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ['an own member of that name', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
])('%s has one text too', (_, value, expected) => {
  expect(canonical(value)).toBe(expected);
});

test('many members are sorted as few are', () => {
  const keys = Array.from({ length: 100 }, (_, i) => String.fromCodePoint(0x20 + ((i * 7919) % 0x500)));
  for (const count of [1, 2, 23, 24, 25, 100]) {
    const some = [...new Set(keys.slice(0, count))];
    const expected = some.toSorted().map((key) => `${JSON.stringify(key)}:1`);
    expect(canonical(Object.fromEntries(some.map((key) => [key, 1])))).toBe(`{${expected.join(',')}}`);
  }
});

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
const cyclic: unknown[] = [];
cyclic.push(cyclic);

test.each<[string, unknown, string]>([
  ['no number', { a: [1, Number.NaN] }, '.a[1] is `NaN`, which JSON has no number for'],
  ['an infinite one', Number.POSITIVE_INFINITY, 'the value is `Infinity`, which JSON has no number for'],
  ['half a pair', { 'fd.name': 'x\ud800' }, '["fd.name"] is text with half a surrogate pair'],
  ['half a pair as a name', { '\udc00': 1 }, 'is text with half a surrogate pair'],
  ['undefined in a list', [undefined], '[0] is undefined, which is no data'],
  ['a function', { f: () => 1 }, '.f is function, which is no data'],
  ['a date', { at: new Date(0) }, '.at is a Date, which is no plain data'],
  ['what contains itself', cyclic, 'lies deeper than 64 levels'],
  ['what is too deep', deep(65), 'lies deeper than 64 levels'],
  ['a map with other keys', new Map([[1, 2]]), 'the value is a map with keys that are no text'],
])('%s has none, and where is told', (_, value, message) => {
  expect(() => canonical(value)).toThrow(NotCanonical);
  expect(() => canonical(value)).toThrow(message);
});

test('what can be said otherwise is mended, and the places are named, ten at most', () => {
  const many = Array.from({ length: 20 }, () => '\ud800');
  expect(encodeBody({ a: Number.NaN, b: 'ok', c: new Map([['d', 'x\udc00']]) })).toEqual({
    json: '{"a":"NaN","b":"ok","c":{"d":"x\ufffd"}}',
    mended: ['.a', '.c.d'],
  });
  expect(encodeBody(many).mended).toHaveLength(10);
  expect(encodeBody({ fine: 1 })).toEqual({ json: '{"fine":1}' });
  expect(() => encodeBody({ f: Symbol('x') })).toThrow(NotCanonical);
});
