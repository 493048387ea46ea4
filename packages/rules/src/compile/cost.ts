import type { Operator } from '../lex/operators.js';
import type { Expression, Operand } from '../resolve/expression.js';

/**
 * What evaluating a condition is guessed to cost, in units of one integer comparison. Only the order counts:
 * cheap checks come first and decide most events.
 */
export class CostModel {
  readonly #known = new Map<Expression, number>();

  of(node: Expression): number {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const cost = this.#compute(node);
    this.#known.set(node, cost);
    return cost;
  }

  /**
   * Where a term belongs among its siblings: cost per chance that it settles the matter, which is that it is
   * false in an `and`, true in an `or`.
   */
  rank(node: Expression, inside: 'and' | 'or'): number {
    const chance = likelihood(node);
    return this.of(node) / (inside === 'and' ? 1 - chance : chance);
  }

  /** A guess at how often a condition holds, from 0 to 1. */
  chance(node: Expression): number {
    return likelihood(node);
  }

  #compute(node: Expression): number {
    if (node.kind === 'constant') return 0;
    if (node.kind === 'not') return this.of(node.term);
    if (node.kind === 'check') {
      return (
        operandCost(node.left) + OPERATOR_COST[node.operator] + (node.right ? operandCost(node.right) : 0)
      );
    }
    // Later terms are reached less and less often.
    let cost = 0;
    let weight = 1;
    for (const term of node.terms) {
      cost += this.of(term) * weight;
      weight *= 0.7;
    }
    return cost;
  }
}

const RARE = 0.05;
const LIKELY = 0.95;
const EVEN = 0.5;

/** A guess at how often a condition holds: a text is rarely the one asked for, an exception rarely applies. */
function likelihood(node: Expression): number {
  if (node.kind === 'constant') return node.value ? LIKELY : RARE;
  if (node.kind === 'not') return 1 - likelihood(node.term);
  if (node.kind === 'check') return checkLikelihood(node.operator, node.left);
  const terms = node.terms.map(likelihood);
  const all = (chances: readonly number[]): number =>
    chances.reduce((product, chance) => product * chance, 1);
  const chance = node.kind === 'and' ? all(terms) : 1 - all(terms.map((c) => 1 - c));
  return Math.min(LIKELY, Math.max(RARE / 10, chance));
}

function checkLikelihood(operator: Operator, left: Operand): number {
  if (operator === 'exists') return LIKELY;
  if (left.kind !== 'field' || left.type !== 'string') return EVEN;
  // Capability sets are long lists that mostly contain what is asked for.
  if (left.name.startsWith('thread.cap')) return EVEN;
  return operator === '!=' ? LIKELY : RARE;
}

export function operandCost(operand: Operand): number {
  if (operand.kind === 'literal') return 0;
  if (operand.kind === 'call') return 10 + operand.args.reduce((sum, arg) => sum + operandCost(arg), 0);
  const { name, type, list } = operand;
  if (type === 'bool' || type === 'int' || type === 'uint' || type === 'port') return 1;
  if (name === 'proc.name' || name === 'proc.pname' || name === 'container.id') return 2;
  if (name === 'fd.typechar' || name === 'fd.type' || name === 'evt.res' || name === 'fd.l4proto') return 2;
  if (list !== 'none') return 12;
  if (name.startsWith('fd.') || name.startsWith('evt.') || name.startsWith('fs.')) return 10;
  if (name.startsWith('container.') || name.startsWith('k8s.')) return 4;
  return name.includes('cmdline') || name.endsWith('args') || name === 'proc.env' ? 8 : 5;
}

const OPERATOR_COST: Readonly<Record<Operator, number>> = {
  ...{ exists: 0, '=': 1, '!=': 1, '<': 1, '<=': 1, '>': 1, '>=': 1, in: 2, intersects: 2 },
  ...{ startswith: 3, endswith: 3, contains: 5, icontains: 10, bcontains: 10, bstartswith: 4 },
  ...{ pmatch: 12, glob: 10, iglob: 12, regex: 60 },
};
