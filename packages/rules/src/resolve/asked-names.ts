import type { FieldTable } from '../check/field-lookup.js';
import type { CheckExpression, Expression, FieldOperand } from './expression.js';
import type { ExpressionFactory } from './expression-factory.js';
import { children, distinctNodes } from './walk.js';

/** No path of an opened file begins so: these are links of the kernel, which it has followed by then. */
const LINK = /^\/proc\/(?:self|thread-self)\//;
const OPERATORS: ReadonlySet<string> = new Set(['=', '==', 'in', 'startswith', 'glob', 'pmatch']);

const ASKED: FieldOperand = Object.freeze({
  ...{ kind: 'field', key: 'fd.nameraw', name: 'fd.nameraw', argument: undefined, type: 'string' },
  list: 'none',
} as const);

/** The values of a check of `fd.name` that only the name a caller used can equal. */
function linksIn({ left, operator, values, exactlyOne }: CheckExpression): readonly string[] {
  if (left.kind !== 'field' || left.name !== 'fd.name' || exactlyOne || !OPERATORS.has(operator)) return [];
  return values.filter((value) => LINK.test(value));
}

/** What the rewriting needs of the resolver. */
interface Names {
  readonly factory: ExpressionFactory;
  readonly table: FieldTable;
}

/** A node where it is wanted true, and where it stands below a `not`. */
interface Both {
  readonly wanted: Expression;
  readonly refused: Expression;
}

/**
 * `fd.name` is the file's own path, whatever link led there, so that no link can hide it. A rule that compares
 * it with a link itself, such as `/proc/self/exe`, means the name that was asked for: there the check holds for
 * `fd.nameraw` too. Only where the check is wanted, never below a `not`: what a rule leaves out is left out by
 * the file's own path alone, or a caller could slip out by opening it through such a link.
 */
export function withAskedNames(condition: Expression, { factory, table }: Names): Expression {
  if (!table.has(ASKED.name)) return condition;
  const known = new Map<Expression, Both>();
  const of = (node: Expression): Both => known.get(node) ?? { wanted: node, refused: node };
  for (const node of distinctNodes([condition])) {
    if (node.kind === 'constant') continue;
    if (node.kind === 'check') {
      const values = linksIn(node);
      if (values.length === 0) continue;
      const asked = factory.check({ left: ASKED, operator: node.operator, values });
      known.set(node, { wanted: factory.or([node, asked]), refused: node });
      continue;
    }
    if (!children(node).some((child) => known.has(child))) continue;
    if (node.kind === 'not') {
      const term = of(node.term);
      known.set(node, { wanted: factory.not(term.refused), refused: factory.not(term.wanted) });
      continue;
    }
    const join = (side: keyof Both): Expression =>
      factory[node.kind](node.terms.map((term) => of(term)[side]));
    known.set(node, { wanted: join('wanted'), refused: join('refused') });
  }
  return of(condition).wanted;
}
