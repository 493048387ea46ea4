import { inNetwork, parseAddress, parseIpv4, parseNetwork } from '@runward/core';
import type { FieldScalar, FieldType, FieldValue } from '@runward/events';
import { isNumeric } from '../check/types.js';
import type { CheckExpression, Operand } from '../resolve/expression.js';
import { bytesAt, bytesEqual, bytesInclude, parseHex, utf8 } from './bytes.js';
import { parseBoolean, parseNumber } from './numbers.js';
import { PathPrefixes } from './path-prefixes.js';
import { inOrder, textTest } from './text-check.js';

export type ScalarTest = (value: FieldScalar) => boolean;
export type ValueTest = (value: FieldValue | undefined) => boolean;

/** The test a check stands for, prepared once: what the compiled matchers call. Missing values fail it. */
export function valueTest(check: CheckExpression): ValueTest {
  if (check.operator === 'exists')
    return (value) => value !== undefined && !(isList(value) && value.length === 0);
  const scalar = scalarTest(check);
  if (check.left.list === 'none') return (value) => value !== undefined && !isList(value) && scalar(value);
  const every = wantsEvery(check.left, check.operator);
  return (value) => {
    if (value === undefined) return false;
    if (!isList(value)) return scalar(value);
    if (value.length === 0) return false;
    return every ? value.every(scalar) : value.some(scalar);
  };
}

export const isList = (value: FieldValue): value is readonly FieldScalar[] => Array.isArray(value);

/** Whether all values of a field with several must satisfy the operator. */
export const wantsEvery = ({ list }: Operand, operator: CheckExpression['operator']): boolean =>
  (operator === '!=' && list !== 'any') || (operator === 'in' && list === 'set');

function scalarTest({ left, operator, values, exactlyOne }: CheckExpression): ScalarTest {
  if (exactlyOne) {
    const tests = values.map((value) => typedTest(left.type, operator, [value]));
    return (scalar) => tests.filter((test) => test(scalar)).length === 1;
  }
  return typedTest(left.type, operator, values);
}

function typedTest(
  type: FieldType,
  operator: CheckExpression['operator'],
  values: readonly string[],
): ScalarTest {
  if (isNumeric(type)) return numberTest(operator, values);
  if (type === 'bool') return booleanTest(operator, values);
  if (type === 'ip') return addressTest(operator, values);
  if (type === 'bytes') return bytesTest(operator, values);
  return stringTest(operator, values);
}

function stringTest(operator: CheckExpression['operator'], values: readonly string[]): ScalarTest {
  if (operator === 'in' || operator === 'intersects' || operator === '=') {
    const set: ReadonlySet<unknown> = new Set(values);
    return (scalar) => set.has(scalar);
  }
  if (operator === 'pmatch') {
    const prefixes = new PathPrefixes(values);
    return (scalar) => typeof scalar === 'string' && prefixes.matches(scalar);
  }
  const tests = values.map((value) => textTest(operator, value));
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return (scalar) => typeof scalar === 'string' && only(scalar);
  return (scalar) => {
    if (typeof scalar !== 'string') return false;
    for (const test of tests) if (test(scalar)) return true;
    return false;
  };
}

function numberTest(operator: CheckExpression['operator'], values: readonly string[]): ScalarTest {
  const numbers = values.map(parseNumber).filter((n) => n !== undefined);
  if (operator === '<' || operator === '<=' || operator === '>' || operator === '>=') {
    return (scalar) => isNumber(scalar) && numbers.some((n) => inOrder(operator, scalar, n));
  }
  // A set tells 5 from 5n; the language does not.
  const set: ReadonlySet<unknown> = new Set(numbers.flatMap(bothForms));
  if (operator === '!=') return (scalar) => isNumber(scalar) && !set.has(scalar);
  return (scalar) => set.has(scalar);
}

const isNumber = (scalar: FieldScalar): scalar is number | bigint =>
  typeof scalar === 'number' || typeof scalar === 'bigint';

const bothForms = (n: number | bigint): readonly (number | bigint)[] =>
  typeof n === 'bigint' ? [n] : Number.isSafeInteger(n) ? [n, BigInt(n)] : [n];

function booleanTest(operator: CheckExpression['operator'], values: readonly string[]): ScalarTest {
  const wanted = new Set(values.map(parseBoolean));
  const negated = operator === '!=';
  return (scalar) => typeof scalar === 'boolean' && wanted.has(scalar) !== negated;
}

function addressTest(operator: CheckExpression['operator'], values: readonly string[]): ScalarTest {
  const networks = values.map(parseNetwork).filter((n) => n !== undefined);
  const v4 = networks
    .filter((n) => n.words.length === 1)
    .map(({ words, bits }) => ({
      base: Math.floor((words[0] ?? 0) / 2 ** (32 - bits)),
      size: 2 ** (32 - bits),
    }));
  const inside = (text: string): boolean => {
    const number = parseIpv4(text);
    if (number !== undefined) {
      for (const { base, size } of v4) if (Math.floor(number / size) === base) return true;
      return false;
    }
    const words = parseAddress(text);
    return words !== undefined && networks.some((network) => inNetwork(words, network));
  };
  const negated = operator === '!=';
  return (scalar) => typeof scalar === 'string' && inside(scalar) !== negated;
}

function bytesTest(operator: CheckExpression['operator'], values: readonly string[]): ScalarTest {
  const hex = operator === 'bcontains' || operator === 'bstartswith';
  const wanted = values.map((value) => (hex ? (parseHex(value) ?? new Uint8Array()) : utf8(value)));
  const one = byteTest(operator);
  if (operator === '!=')
    return (scalar) => scalar instanceof Uint8Array && !wanted.some((w) => bytesEqual(scalar, w));
  return (scalar) => scalar instanceof Uint8Array && wanted.some((w) => one(scalar, w));
}

function byteTest(operator: CheckExpression['operator']): (bytes: Uint8Array, wanted: Uint8Array) => boolean {
  switch (operator) {
    case 'contains':
    case 'bcontains':
      return bytesInclude;
    case 'startswith':
    case 'bstartswith':
      return (bytes, wanted) => bytesAt(bytes, 0, wanted);
    case 'endswith':
      return (bytes, wanted) => bytesAt(bytes, bytes.length - wanted.length, wanted);
    default:
      return bytesEqual;
  }
}
