import type { CheckExpression, Expression } from '../resolve/expression.js';
import type { ExpressionFactory } from '../resolve/expression-factory.js';
import { children, distinctNodes } from '../resolve/walk.js';

/**
 * What is known of a check while only some facts of an event are looked at. `known`: its value. `may-be-missing`: its
 * value if the event carries the field, and the event may not. `unknown`: nothing.
 */
export type Knowledge = 'known' | 'may-be-missing' | 'unknown';

/** A condition that holds wherever the node can be true, and one that holds only where it must be. */
interface Bounds {
  readonly upper: Expression;
  readonly lower: Expression;
}

/**
 * The weakest conditions the given ones imply about some of the facts: where a projection is false, so is its
 * condition, whatever the other facts are. `true` for a condition that those facts alone never refute.
 */
export function projections(
  conditions: readonly Expression[],
  factory: ExpressionFactory,
  knowledgeOf: (check: CheckExpression) => Knowledge,
): readonly Expression[] {
  const anything: Bounds = { upper: factory.true, lower: factory.false };
  const known = new Map<Expression, Bounds>();
  const bounds = (node: Expression): Bounds => {
    if (node.kind === 'constant') return { upper: node, lower: node };
    if (node.kind === 'check') {
      const knowledge = knowledgeOf(node);
      if (knowledge === 'unknown') return anything;
      const check = factory.check(node);
      return { upper: check, lower: knowledge === 'known' ? check : factory.false };
    }
    const terms = children(node).map((child) => known.get(child) ?? anything);
    const uppers = terms.map((t) => t.upper);
    const lowers = terms.map((t) => t.lower);
    if (node.kind === 'and') return { upper: factory.and(uppers), lower: factory.and(lowers) };
    if (node.kind === 'or') return { upper: factory.or(uppers), lower: factory.or(lowers) };
    const [term = anything] = terms;
    return { upper: factory.not(term.lower), lower: factory.not(term.upper) };
  };
  for (const node of distinctNodes(conditions)) known.set(node, bounds(node));
  return conditions.map((condition) => known.get(condition)?.upper ?? factory.true);
}
