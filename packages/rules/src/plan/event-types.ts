import { EVENT_TYPES, type EventType } from '@runward/events';
import type { CheckExpression, Expression } from '../resolve/expression.js';
import { children, distinctNodes } from '../resolve/walk.js';
import { evaluateText } from '../values/text-check.js';

/** Event types a rule can be about; the rest are bookkeeping between kernel and agent. */
const BOOKKEEPING = new Set(['cgroupcreate', 'cgroupremove', 'drop']);
export const RULE_EVENT_TYPES: readonly EventType[] = EVENT_TYPES.filter((t) => !BOOKKEEPING.has(t.name));

const ALL = (1n << BigInt(RULE_EVENT_TYPES.length)) - 1n;

/** Event types under which a node can be true, and under which it can be false, as bit sets. */
interface Possible {
  readonly true: bigint;
  readonly false: bigint;
}

/** For each condition the event types under which it can be true, by its checks of `evt.type`. */
export function possibleEventTypes(conditions: readonly Expression[]): readonly (readonly string[])[] {
  const known = new Map<Expression, Possible>();
  for (const node of distinctNodes(conditions)) known.set(node, possible(node, known));
  // Many rules share few sets of types.
  const named = new Map<bigint, readonly string[]>();
  return conditions.map((condition) => {
    const bits = known.get(condition)?.true ?? ALL;
    const names = named.get(bits) ?? namesOf(bits);
    named.set(bits, names);
    return names;
  });
}

const namesOf = (bits: bigint): readonly string[] =>
  RULE_EVENT_TYPES.filter((_, i) => ((bits >> BigInt(i)) & 1n) === 1n).map((t) => t.name);

const ANY: Possible = { true: ALL, false: ALL };

function possible(node: Expression, known: ReadonlyMap<Expression, Possible>): Possible {
  if (node.kind === 'constant') return node.value ? { true: ALL, false: 0n } : { true: 0n, false: ALL };
  if (node.kind === 'check') return isAboutType(node) ? possibleCheck(node) : ANY;
  const terms = children(node).map((child) => known.get(child) ?? { true: ALL, false: ALL });
  if (node.kind === 'not') return { true: terms[0]?.false ?? ALL, false: terms[0]?.true ?? ALL };
  const all = (key: 'true' | 'false'): bigint => terms.reduce((bits, t) => bits & t[key], ALL);
  const some = (key: 'true' | 'false'): bigint => terms.reduce((bits, t) => bits | t[key], 0n);
  return node.kind === 'and'
    ? { true: all('true'), false: some('false') }
    : { true: some('true'), false: all('false') };
}

function possibleCheck(check: CheckExpression): Possible {
  let bits = 0n;
  for (const [i, type] of RULE_EVENT_TYPES.entries()) {
    const value = foldEventType(check, type.name);
    if (value === undefined) return { true: ALL, false: ALL };
    if (value) bits |= 1n << BigInt(i);
  }
  return { true: bits, false: ALL & ~bits };
}

const isAboutType = ({ left, right }: CheckExpression): boolean =>
  left.kind === 'field' && left.name === 'evt.type' && left.argument === undefined && right === undefined;

/** The value of a check of `evt.type` for a given type; undefined for every other check. */
export function foldEventType(check: CheckExpression, typeName: string): boolean | undefined {
  if (!isAboutType(check)) return undefined;
  return evaluateText(check.operator, check.values, check.exactlyOne, typeName);
}
