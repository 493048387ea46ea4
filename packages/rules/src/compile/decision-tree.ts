import type { CheckExpression, Expression, Operand } from '../resolve/expression.js';
import type { CostModel } from './cost.js';

/** A rule on its way through the tree: the terms of its conjunction that are still to be tested. */
export interface OpenRule {
  readonly index: number;
  readonly terms: ReadonlySet<Expression>;
}

/** Rules below a node are tested only where its condition holds. */
export interface Branch {
  readonly condition: Expression;
  readonly inside: readonly TreeNode[];
}

export interface Leaf {
  readonly index: number;
  readonly terms: readonly Expression[];
}

/** Rules that ask for values of one field: the field's value says which of them are worth testing. */
export interface Dispatch {
  readonly operand: Operand;
  /** Indexes of the rules per value, ascending. */
  readonly cases: ReadonlyMap<string, readonly number[]>;
  readonly leaves: readonly Leaf[];
}

export type TreeNode = Branch | Leaf | Dispatch;

/** Deeper nesting saves little and makes functions the engine will not optimise. */
const MAX_DEPTH = 12;
/** Counting terms is quadratic in the rules: big sets are cut into groups first. */
const MAX_GROUP = 256;
/** Fewer rules than this are tested one by one: a look-up costs a few comparisons. */
const MIN_DISPATCH = 6;

/**
 * Factors out terms that several rules share: what most rules need and costs least is tested first, and
 * one failed test rules out all of them.
 */
export function decisionTree(rules: readonly OpenRule[], costs: CostModel, depth = 0): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  const left = rules.length > MAX_GROUP ? dispatch(rules, costs, nodes) : rules;
  for (let from = 0; from < left.length; from += MAX_GROUP) {
    nodes.push(...groupTree(left.slice(from, from + MAX_GROUP), costs, depth));
  }
  return nodes;
}

function groupTree(rules: readonly OpenRule[], costs: CostModel, depth: number): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
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
  for (const rule of dispatch(open, costs, nodes)) nodes.push(leaf(rule, rule.terms, costs));
  return nodes;
}

const leaf = ({ index }: OpenRule, terms: Iterable<Expression>, costs: CostModel): Leaf => ({
  index,
  terms: [...terms].sort((a, b) => costs.rank(a, 'and') - costs.rank(b, 'and')),
});

/** Takes out the rules that one look-up of a field can choose among, as often as it pays; returns the rest. */
function dispatch(rules: readonly OpenRule[], costs: CostModel, nodes: TreeNode[]): readonly OpenRule[] {
  let open = rules;
  for (;;) {
    const byOperand = new Map<string, { readonly rule: OpenRule; readonly check: CheckExpression }[]>();
    for (const rule of open) {
      const seen = new Set<string>();
      for (const check of rule.terms) {
        if (!selects(check) || seen.has(check.left.key)) continue;
        seen.add(check.left.key);
        const known = byOperand.get(check.left.key);
        if (known === undefined) byOperand.set(check.left.key, [{ rule, check }]);
        else known.push({ rule, check });
      }
    }
    const most = [...byOperand.values()].sort((a, b) => b.length - a.length)[0];
    const operand = most?.[0]?.check.left;
    if (most === undefined || operand === undefined || most.length < MIN_DISPATCH) return open;
    const cases = new Map<string, number[]>();
    const leaves: Leaf[] = [];
    const taken = new Set<OpenRule>();
    for (const { rule, check } of most) {
      taken.add(rule);
      leaves.push(
        leaf(
          rule,
          [...rule.terms].filter((term) => term !== check),
          costs,
        ),
      );
      for (const value of new Set(check.values)) {
        const known = cases.get(value);
        if (known === undefined) cases.set(value, [rule.index]);
        else known.push(rule.index);
      }
    }
    nodes.push({ operand, cases, leaves });
    open = open.filter((rule) => !taken.has(rule));
  }
}

/** `text = value` and `text in (values)`: checks whose truth the value itself decides. */
const selects = (node: Expression): node is CheckExpression =>
  node.kind === 'check' &&
  (node.operator === '=' || node.operator === 'in') &&
  node.left.type === 'string' &&
  node.left.list === 'none' &&
  node.right === undefined &&
  !node.exactlyOne;

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
