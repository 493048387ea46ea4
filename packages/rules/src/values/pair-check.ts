import type { FieldScalar, FieldValue } from '@runward/events';
import type { CheckExpression } from '../resolve/expression.js';
import { bytesAt, bytesEqual, bytesInclude } from './bytes.js';
import { isList, wantsEvery } from './scalar-check.js';
import { inOrder, textTest } from './text-check.js';

export type PairTest = (left: FieldValue | undefined, right: FieldValue | undefined) => boolean;

/** The test of a check whose right side is a field too. Missing on either side fails it. */
export function pairTest({ left, operator }: CheckExpression): PairTest {
  const every = wantsEvery(left, operator);
  // Against several values on the right `!=` must hold for all of them, everything else for one.
  const one = (a: FieldScalar, right: FieldValue): boolean => {
    if (!isList(right)) return compare(operator, a, right);
    return operator === '!='
      ? right.every((b) => compare(operator, a, b))
      : right.some((b) => compare(operator, a, b));
  };
  return (a, b) => {
    if (a === undefined || b === undefined) return false;
    if (!isList(a)) return one(a, b);
    if (a.length === 0) return false;
    return every ? a.every((scalar) => one(scalar, b)) : a.some((scalar) => one(scalar, b));
  };
}

function compare(operator: CheckExpression['operator'], a: FieldScalar, b: FieldScalar): boolean {
  if (typeof a === 'string' && typeof b === 'string') return textTest(operator, b)(a);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(operator, a, b);
  if (typeof a === 'boolean' || typeof b === 'boolean') return (a === b) !== (operator === '!=');
  if (!isNumber(a) || !isNumber(b)) return false;
  switch (operator) {
    case '<':
    case '<=':
    case '>':
    case '>=':
      return inOrder(operator, a, b);
    default:
      // A bigint and a number of the same value are neither less nor greater than each other.
      return (!(a < b) && !(a > b)) !== (operator === '!=');
  }
}

const isNumber = (value: FieldScalar): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

function compareBytes(operator: CheckExpression['operator'], a: Uint8Array, b: Uint8Array): boolean {
  if (operator === 'contains') return bytesInclude(a, b);
  if (operator === 'startswith') return bytesAt(a, 0, b);
  if (operator === 'endswith') return bytesAt(a, a.length - b.length, b);
  return bytesEqual(a, b) !== (operator === '!=');
}
