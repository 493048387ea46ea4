import type { Expression, FieldOperand, Operand } from './expression.js';

/** Every distinct node below the given ones, children before parents. */
export function* distinctNodes(roots: Iterable<Expression>): Generator<Expression> {
  const seen = new Set<Expression>();
  for (const root of roots) {
    const stack: { readonly node: Expression; readonly entered: boolean }[] = [
      { node: root, entered: false },
    ];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { node, entered } = top;
      if (entered) {
        yield node;
        continue;
      }
      if (seen.has(node)) continue;
      seen.add(node);
      stack.push({ node, entered: true });
      for (const child of children(node)) stack.push({ node: child, entered: false });
    }
  }
}

export function children(node: Expression): readonly Expression[] {
  if (node.kind === 'and' || node.kind === 'or') return node.terms;
  return node.kind === 'not' ? [node.term] : [];
}

/** The fields an operand reads. */
export function* fieldsOf(operand: Operand): Generator<FieldOperand> {
  if (operand.kind === 'field') yield operand;
  else if (operand.kind === 'call') for (const arg of operand.args) yield* fieldsOf(arg);
}

export function* fieldsIn(roots: Iterable<Expression>): Generator<FieldOperand> {
  for (const node of distinctNodes(roots)) {
    if (node.kind !== 'check') continue;
    yield* fieldsOf(node.left);
    if (node.right !== undefined) yield* fieldsOf(node.right);
  }
}
