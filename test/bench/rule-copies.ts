import type { RuleSet } from '@runward/rules';
import type { CheckExpression, Expression } from '../../packages/rules/dist/resolve/expression.js';
import { ExpressionFactory } from '../../packages/rules/dist/resolve/expression-factory.js';
import { distinctNodes } from '../../packages/rules/dist/resolve/walk.js';

type Rule = RuleSet['rules'][number];

/** Fields whose values name kinds of events, not things of one user's: they stay as they are in a copy. */
const KINDS = /^(evt\.|container\.id|fd\.type|thread\.cap|fd\.l4proto)/;
const COPIED = new Set([
  '=',
  '!=',
  'in',
  'startswith',
  'endswith',
  'contains',
  'icontains',
  'pmatch',
  'glob',
  'intersects',
]);

/** The same check about another constant. */
function other(check: CheckExpression, copy: number, factory: ExpressionFactory): Expression {
  const { left, operator, values } = check;
  const isText = left.kind === 'field' && left.type === 'string' && !KINDS.test(left.name);
  if (!isText || !COPIED.has(operator)) return factory.check(check);
  const renamed = operator === 'endswith' ? (v: string) => `${copy}${v}` : (v: string) => `${v}${copy}`;
  return factory.check({ ...check, values: values.map(renamed) });
}

/** The rules `times` over: each copy is about other names, paths and command lines. */
export function multiply(set: RuleSet, times: number): RuleSet {
  const factory = new ExpressionFactory();
  const rules: Rule[] = [];
  for (let copy = 0; copy < times; copy++) {
    const done = new Map<Expression, Expression>();
    const get = (node: Expression): Expression => done.get(node) ?? factory.false;
    for (const node of distinctNodes(set.rules.map((r) => r.condition)))
      done.set(node, renew(node, copy, factory, get));
    for (const rule of set.rules) {
      rules.push(
        copy === 0
          ? { ...rule, condition: get(rule.condition) }
          : { ...rule, name: `${rule.name} ${copy}`, condition: get(rule.condition) },
      );
    }
  }
  return { ...set, rules };
}

function renew(
  node: Expression,
  copy: number,
  factory: ExpressionFactory,
  get: (node: Expression) => Expression,
): Expression {
  switch (node.kind) {
    case 'constant':
      return factory.constant(node.value);
    case 'check':
      return copy === 0 ? factory.check(node) : other(node, copy, factory);
    case 'not':
      return factory.not(get(node.term));
    case 'and':
      return factory.and(node.terms.map(get));
    case 'or':
      return factory.or(node.terms.map(get));
  }
}
