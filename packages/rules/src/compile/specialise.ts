import { foldEventType } from '../plan/event-types.js';
import type { CheckExpression, Expression } from '../resolve/expression.js';
import { ExpressionFactory } from '../resolve/expression-factory.js';
import { distinctNodes } from '../resolve/walk.js';
import { parseNumber } from '../values/numbers.js';
import { evaluateText } from '../values/text-check.js';
import { CostModel } from './cost.js';

/**
 * Rewrites conditions for one event type: checks of `evt.type` become constants, alternatives on the same
 * field become one check, cheap terms come first.
 */
export class Specialiser {
  readonly costs = new CostModel();
  readonly #done = new Map<Expression, Expression>();

  /** With a factory of several types, what is the same for them is one object. */
  constructor(
    readonly typeName: string,
    readonly factory = new ExpressionFactory(),
  ) {}

  rewrite(condition: Expression): Expression {
    for (const node of distinctNodes([condition])) {
      if (!this.#done.has(node)) this.#done.set(node, this.#node(node));
    }
    return this.#get(condition);
  }

  #get(node: Expression): Expression {
    return this.#done.get(node) ?? this.factory.false;
  }

  #node(node: Expression): Expression {
    switch (node.kind) {
      case 'constant':
        return this.factory.constant(node.value);
      case 'check': {
        const constant = foldEventType(node, this.typeName) ?? foldNumber(node);
        return constant === undefined ? this.factory.check(node) : this.factory.constant(constant);
      }
      case 'not':
        return this.factory.not(this.#get(node.term));
      case 'and':
        return this.#and(node.terms.map((term) => this.#get(term)));
      case 'or':
        return this.#or(node.terms.map((term) => this.#get(term)));
    }
  }

  #or(terms: readonly Expression[]): Expression {
    const flat = flatten('or', terms);
    return this.factory.or(this.#sorted(mergeAlternatives(flat, this.factory), 'or'));
  }

  /** In a conjunction the negated checks are alternatives that must all fail. */
  #and(terms: readonly Expression[]): Expression {
    const flat = flatten('and', terms);
    const negated = flat.filter((t) => t.kind === 'not').map((t) => t.term);
    const positive = flat.filter((t) => t.kind !== 'not');
    const merged = mergeAlternatives(flatten('or', negated), this.factory);
    return this.factory.and(this.#sorted([...positive, ...merged.map((t) => this.factory.not(t))], 'and'));
  }

  #sorted(terms: readonly Expression[], inside: 'and' | 'or'): readonly Expression[] {
    return [...terms].sort((a, b) => this.costs.rank(a, inside) - this.costs.rank(b, inside));
  }
}

const flatten = (kind: 'and' | 'or', terms: readonly Expression[]): readonly Expression[] =>
  terms.flatMap((term) => (term.kind === kind ? term.terms : [term]));

const MERGED = new Set([
  'in',
  'startswith',
  'endswith',
  'contains',
  'icontains',
  'glob',
  'iglob',
  'pmatch',
  'regex',
]);

/** `a = x or a in (y, z)` is `a in (x, y, z)`; likewise for prefixes and the like. */
export function mergeAlternatives(
  terms: readonly Expression[],
  factory: ExpressionFactory,
): readonly Expression[] {
  const groups = new Map<string, { readonly first: CheckExpression; readonly values: Set<string> }>();
  const rest: Expression[] = [];
  for (const term of terms) {
    const operator =
      term.kind === 'check' && term.operator === '=' ? 'in' : term.kind === 'check' ? term.operator : '';
    if (
      term.kind !== 'check' ||
      term.left.list !== 'none' ||
      term.right !== undefined ||
      term.exactlyOne ||
      !MERGED.has(operator)
    ) {
      rest.push(term);
      continue;
    }
    const key = `${operator} ${term.left.key}`;
    const group = groups.get(key) ?? { first: term, values: new Set<string>() };
    for (const value of term.values) group.values.add(value);
    groups.set(key, group);
  }
  const merged = [...groups.values()].map(({ first, values }) => {
    if (values.size === first.values.length) return first;
    const operator = first.operator === '=' ? 'in' : first.operator;
    return factory.check({ left: first.left, operator, values: [...values] });
  });
  return [...merged, ...rest];
}

/** Events are numbered from 1: `evt.num = 0`, the customary way to say never, is false. */
export function foldNumber({ left, operator, values, right }: CheckExpression): false | undefined {
  if (left.kind !== 'field' || left.name !== 'evt.num' || right !== undefined) return undefined;
  const limits = values.map(parseNumber);
  const never = limits.every((limit) => {
    if (limit === undefined) return false;
    if (operator === '<') return limit <= 1;
    return (operator === '=' || operator === 'in' || operator === '<=') && limit < 1;
  });
  return never && evaluateText(operator, values, false, '1') === false ? false : undefined;
}
