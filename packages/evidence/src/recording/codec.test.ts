import { testContainer } from '@runward/events/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  big,
  list,
  Misfit,
  mapOf,
  number,
  object,
  oneOf,
  optional,
  pair,
  parse,
  row,
  text,
} from './codec.js';
import { containerInfo, identity } from './facts.js';

const sample = object<{
  name: string;
  n: bigint;
  many: readonly (readonly [number, string])[];
  maybe: string | undefined;
}>({
  name: text,
  n: big,
  many: list(pair(number, text)),
  maybe: optional(text),
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(
      fc.record({
        name: fc.string(),
        n: fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
        many: fc.array(fc.tuple(fc.integer(), fc.string())),
        maybe: fc.option(fc.string(), { nil: undefined }),
      }),
      (value) => {
        expect(parse(sample, JSON.stringify(sample.write(value)))).toEqual(value);
      },
    ),
  );
});

test('a container with everything a runtime may say comes back as it was', () => {
  const labels = new Map([['app', 'web']]);
  const pod = { name: 'p', namespace: 'n', uid: 'u', sandboxId: 's', labels, ip: '10.0.0.1' };
  const info = testContainer({ labels, pod, privileged: true, createdAtNs: 2n ** 62n });
  expect(parse(containerInfo, JSON.stringify(containerInfo.write(info)))).toEqual(info);
  const value = { kind: 'container', info } as const;
  expect(parse(identity, JSON.stringify(identity.write(value)))).toEqual(value);
  expect(parse(identity, JSON.stringify(identity.write({ kind: 'host' })))).toEqual({ kind: 'host' });
});

test('a row has the values alone, and comes back as the object it was', () => {
  const point = row<{ x: number; label: string }>({ x: number, label: text });
  expect(point.write({ x: 1, label: 'a' })).toEqual([1, 'a']);
  expect(parse(point, '[1,"a"]')).toEqual({ x: 1, label: 'a' });
  expect(() => parse(point, '[1]')).toThrow('`it` is no such row');
  expect(() => parse(point, '[1,2]')).toThrow('`it.label` is not a string');
});

describe('what does not fit is refused, with its place', () => {
  test.each([
    ['{', 'it is not JSON'],
    ['3', '`it` is no object'],
    ['{"name":3}', '`it.name` is not a string'],
    ['{"name":"","n":"x"}', '`it.n` is no integer'],
    ['{"name":"","n":"1","many":[[1]]}', '`it.many[0]` is no pair'],
  ])('%s', (json, message) => {
    expect(() => parse(sample, json)).toThrow(new Misfit(message));
  });
  test('a word that is none of those known', () => {
    expect(() => parse(oneOf('a', 'b'), '"c"')).toThrow('none of a, b');
    expect(() => parse(mapOf(text), '[["a"]]')).toThrow('no pair');
  });
});
