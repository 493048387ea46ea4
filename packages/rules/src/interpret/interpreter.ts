import type { FieldCatalogue } from '@runward/events';
import { operandReader } from '../compile/operand-reader.js';
import type { Expression } from '../resolve/expression.js';
import { pairTest } from '../values/pair-check.js';
import { naiveCheck } from './naive-check.js';

/** Whether a condition holds, read straight off the tree: the oracle the compiled matchers are held against. */
export function interpret<View>(node: Expression, view: View, catalogue: FieldCatalogue<View>): boolean {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'not':
      return !interpret(node.term, view, catalogue);
    case 'and':
      for (const term of node.terms) if (!interpret(term, view, catalogue)) return false;
      return true;
    case 'or':
      for (const term of node.terms) if (interpret(term, view, catalogue)) return true;
      return false;
    case 'check': {
      const left = operandReader(node.left, catalogue)(view);
      if (node.right === undefined) return left !== undefined && naiveCheck(node, left);
      return pairTest(node)(left, operandReader(node.right, catalogue)(view));
    }
  }
}
