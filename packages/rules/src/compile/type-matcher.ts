import type { FieldCatalogue } from '@runward/events';
import type { Expression } from '../resolve/expression.js';
import { CodeWriter } from './code-writer.js';
import { decisionTree, type TreeNode } from './decision-tree.js';
import { Specialiser } from './specialise.js';

/** Tests one event and reports the rules that match. Not reentrant for the same event type. */
export type Test<View> = (view: View, onMatch: (index: number) => void) => void;

/** Stamps are small integers to the engine up to here; beyond, each store would allocate. */
const MAX_STAMP = 2 ** 30 - 1;

/**
 * One function for one event type over all its rules.
 *
 * @returns undefined when no rule can match the type; indexes passed on are those of `conditions`.
 */
export function compileType<View>(
  typeName: string,
  conditions: readonly Expression[],
  catalogue: FieldCatalogue<View>,
  allMatches: boolean,
): Test<View> | undefined {
  const specialiser = new Specialiser(typeName);
  const rewritten = conditions.map((condition) => specialiser.rewrite(condition));
  const open = rewritten.flatMap((node, index) =>
    node.kind === 'constant' && !node.value
      ? []
      : [{ index, terms: new Set(node.kind === 'and' ? node.terms : [node]) }],
  );
  if (open.length === 0) return undefined;
  const tree = decisionTree(open, specialiser.costs);
  const writer = new CodeWriter(catalogue, specialiser.costs, rootsOf(tree));
  const text = allMatches ? allMatchesText(tree, writer, conditions.length) : firstMatchText(tree, writer);
  const declarations = writer.declarations;
  const names = writer.constants.map((_, i) => `k${i}`).join(', ');
  const source = `'use strict';\nconst [${names}] = K;\nlet E = 0;\n${declarations}\n${text}`;
  // The only place where text becomes code; see the invariant of CodeWriter.
  return new Function('K', source)(writer.constants) as Test<View>;
}

/** Conditions written once per place they are tested at: branches, and the terms of the leaves. */
function rootsOf(tree: readonly TreeNode[]): readonly Expression[] {
  const roots: Expression[] = [];
  for (const node of tree) {
    if ('condition' in node) roots.push(node.condition, ...rootsOf(node.inside));
    else if ('cases' in node) for (const leaf of node.leaves) for (const term of leaf.terms) roots.push(term);
    else for (const term of node.terms) roots.push(term);
  }
  return roots;
}

const NEXT_EVENT = `if (E === ${MAX_STAMP}) { reset(); E = 0; }\nE += 1;`;

/** The first rule in file order wins: the smallest index that holds. */
function firstMatchText<View>(tree: readonly TreeNode[], writer: CodeWriter<View>): string {
  const body = write(tree, writer, { guard: (index) => `b > ${index}`, hit: (index) => `b = ${index};` });
  return `return function match(v, onMatch) {\n${NEXT_EVENT}\nlet b = ${MAX_STAMP};\n${body}\nif (b !== ${MAX_STAMP}) onMatch(b);\n};`;
}

function allMatchesText<View>(tree: readonly TreeNode[], writer: CodeWriter<View>, count: number): string {
  const flags = writer.constant(new Uint8Array(count));
  const body = write(tree, writer, {
    guard: () => 'true',
    hit: (index) => `${flags}[${index}] = 1; n += 1;`,
  });
  const emit = `for (let i = 0; n > 0; i++) if (${flags}[i] === 1) { ${flags}[i] = 0; n -= 1; onMatch(i); }`;
  return `return function match(v, onMatch) {\n${NEXT_EVENT}\nlet n = 0;\n${flags}.fill(0);\n${body}\n${emit}\n};`;
}

/** What is written around a rule's last test. */
interface Frame {
  readonly guard: (index: string) => string;
  readonly hit: (index: string) => string;
}

function write<View>(nodes: readonly TreeNode[], writer: CodeWriter<View>, frame: Frame): string {
  const { guard, hit } = frame;
  const texts = nodes.map((node) => {
    if ('condition' in node) {
      return `if (${writer.expression(node.condition)}) {\n${write(node.inside, writer, frame)}\n}`;
    }
    if (!('cases' in node)) {
      const index = String(node.index);
      return `if (${guard(index)} && ${writer.leaf(node.terms)}) { ${hit(index)} }`;
    }
    const leaves = writer.leafTable(node.leaves);
    const found = `const l = ${writer.constant(node.cases)}.get(${writer.read(node.operand)});`;
    const test = `const i = l[j]; if (${guard('i')} && ${leaves}[i](v)) { ${hit('i')} }`;
    return `{ ${found} if (l !== undefined) for (let j = 0; j < l.length; j++) { ${test} } }`;
  });
  return texts.join('\n');
}
