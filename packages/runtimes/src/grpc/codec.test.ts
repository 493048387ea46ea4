import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { RuntimesError } from '../error.js';
import { decodeMessage } from './decode.js';
import { encodeMessage } from './encode.js';
import type { ProtoPackage } from './schema.js';

const PROTO: ProtoPackage = {
  name: 'test',
  services: {},
  messages: {
    Inner: { text: [1, 'string'], small: [2, 'int32'] },
    Outer: {
      text: [1, 'string'],
      flag: [2, 'bool'],
      small: [3, 'int32'],
      big: [4, 'int64'],
      inner: [5, 'Inner'],
      texts: [6, 'string', 'list'],
      inners: [7, 'Inner', 'list'],
      map: [300, 'string', 'map'],
      bytes: [20, 'bytes'],
    },
  },
};

/** Another implementation, as the oracle. */
const oracle = protobuf.parse(`
  syntax = "proto3";
  message Inner { string text = 1; int32 small = 2; }
  message Outer {
    string text = 1; bool flag = 2; int32 small = 3; int64 big = 4; Inner inner = 5;
    repeated string texts = 6; repeated Inner inners = 7; map<string, string> map = 300; bytes bytes = 20;
    double unknown64 = 50; float unknown32 = 51; Inner unknown = 52;
  }`, { keepCase: true }).root.lookupType('Outer'); // biome-ignore format: a schema

const text = fc.string({ unit: 'grapheme', minLength: 1 });
const inner = fc.record({ text, small: fc.integer().filter((n) => n !== 0) });

describe('decodeMessage', () => {
  it('reads what another implementation wrote, and skips what it does not know', () => {
    const message = fc.record({
      text,
      flag: fc.constant(true),
      small: fc.integer().filter((n) => n !== 0),
      big: fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .filter((n) => n !== 0n)
        .map(String),
      inner,
      texts: fc.array(text, { minLength: 1, maxLength: 4 }),
      inners: fc.array(inner, { minLength: 1, maxLength: 4 }),
      map: fc.dictionary(text, text, { minKeys: 1, noNullPrototype: true }),
      unknown64: fc.constant(1.5),
      unknown32: fc.constant(2.5),
      unknown: inner,
    });
    fc.assert(
      fc.property(message, (value) => {
        const bytes = Buffer.from(oracle.encode(oracle.fromObject(value)).finish());
        const { unknown64: _a, unknown32: _b, unknown: _c, ...known } = value;
        expect(JSON.parse(JSON.stringify(decodeMessage(PROTO, 'Outer', bytes)))).toEqual(known);
      }),
    );
  });

  it('answers any bytes with a message or a coded error', () => {
    const nearly = fc.array(
      fc.constantFrom(0x0a, 0x10, 0x2a, 0x3a, 0xe2, 0x12, 0xff, 0x01, 0x00, 0x7f, 0x80),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)),
      nearly.map((b) => Buffer.from(b)),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          decodeMessage(PROTO, 'Outer', input);
        } catch (problem) {
          expect(problem).toBeInstanceOf(RuntimesError);
        }
      }),
    );
  });

  it('takes keys of maps as data, whatever they are called', () => {
    const bytes = Buffer.from(
      oracle.encode({ map: JSON.parse('{"__proto__":"x","constructor":"y"}') }).finish(),
    );
    const decoded = decodeMessage(PROTO, 'Outer', bytes);
    expect(Object.entries(decoded.map ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});

describe('encodeMessage', () => {
  it('writes what another implementation reads', () => {
    const message = fc.record({
      text,
      flag: fc.constant(true),
      small: fc.integer({ min: 1 }),
      inner,
      texts: fc.array(text, { minLength: 1, maxLength: 4 }),
      map: fc.dictionary(text, text, { minKeys: 1, noNullPrototype: true }),
    });
    fc.assert(
      fc.property(message, (value) => {
        const positive = { ...value, inner: { ...value.inner, small: Math.abs(value.inner.small) } };
        fc.pre(positive.inner.small <= 0x7fff_ffff);
        const bytes = encodeMessage(PROTO, 'Outer', positive);
        expect(oracle.toObject(oracle.decode(bytes))).toEqual(positive);
      }),
    );
  });
});
