import type { FieldCatalogue } from '@runward/events';
import type { CheckExpression, Expression, FieldOperand } from '../resolve/expression.js';
import { distinctNodes } from '../resolve/walk.js';
import { CodeWriter, type Leaf } from './code-writer.js';
import { type FacetTools, FieldFacet } from './field-facet.js';
import { anyLeft, stepText } from './index-writer.js';
import type { Probe } from './probe.js';
import { type DirectStep, type IndexStep, maskOf, ruleIndex } from './rule-index.js';
import { Specialiser } from './specialise.js';
import { MASK_BITS, MemoBudget } from './value-memo.js';

/** Tests one event and reports the rules that match. Not reentrant for the same event type. */
export type Test<View> = (view: View, onMatch: (index: number) => void) => void;

/** Rules that are decided together: their bits are local variables of one function. */
const GROUP = 16 * MASK_BITS;

export interface CompileTypeOptions {
  /** Shared by all event types of a rule set. */
  readonly budget?: MemoBudget;
  /** Measure what runs. */
  readonly probe?: Probe | undefined;
}

interface Group {
  readonly rules: readonly Leaf[];
  readonly steps: readonly IndexStep[];
}

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
  { budget = new MemoBudget(), probe }: CompileTypeOptions = {},
): Test<View> | undefined {
  const { factory, costs, rewrite } = specialiserOf(typeName);
  const rules = conditions
    .map((condition, index) => ({ index, condition: rewrite(condition) }))
    .filter(({ condition }) => condition.kind !== 'constant' || condition.value);
  if (rules.length === 0) return undefined;
  const groups: Group[] = [];
  for (let from = 0; from < rules.length; from += GROUP) {
    const some = rules.slice(from, from + GROUP);
    const steps = ruleIndex(
      some.map((rule) => rule.condition),
      factory,
      costs,
      catalogue,
    );
    groups.push({ rules: some, steps });
  }
  const tests = groups.flatMap(({ steps }) =>
    steps.filter((step): step is DirectStep => step.kind === 'direct'),
  );
  const roots = [...tests.map((step) => step.test), ...rules.map((rule) => rule.condition)];
  const facets = facetsOf(groups, roots, { catalogue, costs, budget, probe });
  const answering = new Map<string, FieldFacet<View>>();
  for (const facet of facets.values())
    if (!answering.has(facet.operand.key)) answering.set(facet.operand.key, facet);
  const writer = new CodeWriter(catalogue, costs, roots, probe, answering);
  const found = writer.constant(new Int32Array(rules.length));
  const functions = groups.map((group, i) =>
    groupText(group, `g${i}`, writer, (step) => facets.get(step), allMatches, found),
  );
  const calls = groups.map((_, i) => `g${i}(v)`);
  const text = allMatches
    ? `n = 0;\n${calls.join(';\n')};\nfor (let i = 0; i < n; i += 1) onMatch(${found}[i]);`
    : firstText(calls);
  return writer.program(
    `let n = 0;\n${functions.join('\n')}\nreturn function match(v, onMatch) {\n${text}\n};`,
  ) as Test<View>; // the text says so
}

const firstText = (calls: readonly string[]): string =>
  `let i = -1;\n${calls.map((call) => `if (i < 0) i = ${call};`).join('\n')}\nif (i >= 0) onMatch(i);`;

/** One facet per look-up of the index; the first of a field also answers for the field's checks. */
function facetsOf<View>(
  groups: readonly Group[],
  roots: readonly Expression[],
  tools: FacetTools<View>,
): ReadonlyMap<IndexStep, FieldFacet<View>> {
  const facets = new Map<IndexStep, FieldFacet<View>>();
  const answered = new Set<string>();
  for (const { rules, steps } of groups) {
    for (const step of steps) {
      if (step.kind !== 'value') continue;
      const checks = answered.has(step.operand.key) ? [] : checksOn(step.operand, roots);
      answered.add(step.operand.key);
      facets.set(step, new FieldFacet(step, rules.length, checks, tools));
    }
  }
  return facets;
}

const checksOn = ({ key }: FieldOperand, roots: readonly Expression[]): readonly CheckExpression[] =>
  [...distinctNodes(roots)].filter(
    (node): node is CheckExpression =>
      node.kind === 'check' && node.left.key === key && node.right === undefined,
  );

function specialiserOf(typeName: string) {
  const specialiser = new Specialiser(typeName);
  return {
    factory: specialiser.factory,
    costs: specialiser.costs,
    rewrite: (condition: Expression) => specialiser.rewrite(condition),
  };
}

/**
 * The steps of the index, then the rules they leave over, in file order. Returns the first that matches or -1; or
 * notes all that do.
 */
function groupText<View>(
  { rules, steps }: Group,
  name: string,
  writer: CodeWriter<View>,
  facetOf: (step: IndexStep) => FieldFacet<View> | undefined,
  allMatches: boolean,
  found: string,
): string {
  const hit = (index: string): string =>
    allMatches ? `${found}[n] = ${index}; n += 1;` : `return ${index};`;
  const end = allMatches ? '' : '\nreturn -1;';
  if (steps.length === 0) {
    const tests = rules.map((rule) => `if (${writer.leaf(rule)}) { ${hit(`${rule.index}`)} }`);
    return `function ${name}(v) {\n${tests.join('\n')}${end}\n}`;
  }
  const words = Math.ceil(rules.length / MASK_BITS);
  const all = maskOf(
    rules.map((_, i) => i),
    rules.length,
  );
  const leave = `if ((${anyLeft(words)}) === 0) return${allMatches ? '' : ' -1'};`;
  const lines = steps.flatMap((step, i) => {
    const moreDirect = step.kind === 'direct' && steps[i + 1]?.kind === 'direct';
    const text = stepText(step, facetOf, writer);
    return moreDirect ? [text] : [text, leave];
  });
  const table = writer.constant(rules.map((rule) => rule.index));
  const leaves = writer.leafTable(rules);
  const scans = all.map((_, w) => {
    const test = `if (${leaves}[j](v)) { ${hit(`${table}[j]`)} }`;
    return `while (w${w} !== 0) { const j = ${w * MASK_BITS + 31} - Math.clz32(w${w} & -w${w}); w${w} &= w${w} - 1; ${test} }`;
  });
  const start = `let ${all.map((bits, w) => `w${w} = ${bits}`).join(', ')};`;
  return `function ${name}(v) {\n${[start, ...lines, ...scans].join('\n')}${end}\n}`;
}
