import type { Expression } from '../resolve/expression.js';
import type { CostModel } from './cost.js';

/** A rule on its way through the tree: the terms of its conjunction that are still to be tested. */
export interface OpenRule {
  readonly index: number;
  readonly terms: ReadonlySet<Expression>;
}

/** Rules below a node are tested only where its condition holds. */
export interface Branch {
  readonly condition: Expression;
  readonly inside: readonly (Branch | Leaf)[];
}

export interface Leaf {
  readonly index: number;
  readonly terms: readonly Expression[];
}

/** Deeper nesting saves little and makes functions the engine will not optimise. */
const MAX_DEPTH = 12;
/** Counting terms is quadratic in the rules: big sets are cut into groups first. */
const MAX_GROUP = 256;

/**
 * Factors out terms that several rules share: what most rules need and costs least is tested first, and
 * one failed test rules out all of them.
 */
export function decisionTree(
  rules: readonly OpenRule[],
  costs: CostModel,
  depth = 0,
): readonly (Branch | Leaf)[] {
  const nodes: (Branch | Leaf)[] = [];
  for (let from = 0; from < rules.length; from += MAX_GROUP) {
    nodes.push(...groupTree(rules.slice(from, from + MAX_GROUP), costs, depth));
  }
  return nodes;
}

function groupTree(rules: readonly OpenRule[], costs: CostModel, depth: number): readonly (Branch | Leaf)[] {
  const nodes: (Branch | Leaf)[] = [];
  let open = rules;
  while (open.length > 1 && depth < MAX_DEPTH) {
    const condition = bestShared(open, costs);
    if (condition === undefined) break;
    const sharing = open.filter((rule) => rule.terms.has(condition));
    const inside = sharing.map(({ index, terms }) => {
      const left = new Set(terms);
      left.delete(condition);
      return { index, terms: left };
    });
    nodes.push({ condition, inside: decisionTree(inside, costs, depth + 1) });
    open = open.filter((rule) => !rule.terms.has(condition));
  }
  for (const { index, terms } of open) {
    nodes.push({ index, terms: [...terms].sort((a, b) => costs.of(a) - costs.of(b)) });
  }
  return nodes;
}

function bestShared(rules: readonly OpenRule[], costs: CostModel): Expression | undefined {
  const counts = new Map<Expression, number>();
  for (const { terms } of rules) for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  let best: Expression | undefined;
  let bestScore = 0;
  for (const [term, count] of counts) {
    const score = count < 2 ? 0 : count / (1 + costs.of(term));
    if (score > bestScore) {
      best = term;
      bestScore = score;
    }
  }
  return best;
}
