import type { Grouping } from '../correlation.js';
import type { Operand } from './expression.js';

interface Scope {
  /** Alternatives per part; `?` in front: a part that may be missing. */
  readonly parts: readonly (readonly string[])[];
  readonly tree?: true;
}

/** What the words of `by` stand for. */
export const SCOPES: Readonly<Record<string, Scope>> = {
  container: { parts: [['container.id']] },
  process: { parts: [['?container.id'], ['proc.pid']] },
  tree: { parts: [['?container.id'], ['proc.pid']], tree: true },
  workload: {
    parts: [['?k8s.ns.name'], ['container.image.repository', 'container.name', 'container.id']],
  },
  user: { parts: [['?container.id'], ['user.uid']] },
  node: { parts: [] },
};

export function scopeGrouping(
  word: string,
  operandOf: (field: string) => Operand | undefined,
): Grouping | undefined {
  const scope = Object.hasOwn(SCOPES, word) ? SCOPES[word] : undefined;
  if (scope === undefined) return undefined;
  const parts = scope.parts.map((alternatives) => ({
    operands: alternatives.flatMap((field) => operandOf(field.replace('?', '')) ?? []),
    optional: alternatives.some((field) => field.startsWith('?')),
  }));
  return {
    ...{ text: word, parts, tree: scope.tree === true },
    ofContainer: scope.parts.some(([field]) => field?.replace('?', '') === 'container.id'),
  };
}

export const fieldGrouping = (operand: Operand): Grouping => ({
  text: operand.key,
  parts: [{ operands: [operand], optional: false }],
  tree: false,
  ofContainer: operand.key === 'container.id' || operand.key === 'container.full_id',
});

export const joinGroupings = (all: readonly Grouping[]): Grouping => ({
  text: all.map((grouping) => grouping.text).join(', '),
  parts: all.flatMap((grouping) => grouping.parts),
  tree: all.some((grouping) => grouping.tree),
  ofContainer: all.some((grouping) => grouping.ofContainer),
});
