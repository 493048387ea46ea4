import type { FieldCatalogue, FieldSpec, FieldValue } from '@runward/events';
import type { Expression } from '../resolve/expression.js';
import { CodeWriter } from './code-writer.js';
import type { CostModel } from './cost.js';
import { type IndexStep, maskOf, type ValueStep } from './rule-index.js';
import { MASK_BITS, type MemoBudget, type MemoKey, type RuleMask, ValueMemo } from './value-memo.js';

/** Words of a mask as the local variables `w0`, `w1`, … */
const each = (count: number, text: (word: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, word) => text(word));

export const anyLeft = (words: number): string => each(words, (w) => `w${w}`).join(' | ');

const keep = (kept: (word: number) => string, mask: RuleMask): string =>
  mask.flatMap((bits, w) => (bits === 0 ? [] : [`w${w} &= ${kept(w)};`])).join(' ');

const concerned = (mask: RuleMask): string =>
  `(${mask.flatMap((bits, w) => (bits === 0 ? [] : [`(w${w} & ${bits})`])).join(' | ')}) !== 0`;

/** One step of the index as text; what follows it runs only while a rule is left. */
export function stepText<View>(
  step: IndexStep,
  count: number,
  writer: CodeWriter<View>,
  costs: CostModel,
  budget: MemoBudget,
): string {
  if (step.kind === 'direct') {
    const drop = keep((w) => `${~(step.mask[w] ?? 0)}`, step.mask);
    return `if (${concerned(step.mask)} && !${writer.expression(step.test)}) { ${drop} }`;
  }
  const all = maskOf(
    step.projections.map((_, rule) => rule),
    count,
  );
  const memo = writer.constant(
    new ValueMemo(
      budget,
      all,
      lazily(() => decider(step, count, writer.catalogue, costs)),
    ),
  );
  const find = `const m = ${memo}.find(${writer.read(step.operand)});`;
  return `if (${concerned(step.mask)}) { ${find} ${keep((w) => `m[${w}]`, step.mask)} }`;
}

/** The value under decision, where a view is expected. */
interface Box {
  readonly value: MemoKey | undefined;
}

/** Many event types never come: what they need is made when the first one does. */
function lazily(
  make: () => (value: MemoKey | undefined) => RuleMask,
): (value: MemoKey | undefined) => RuleMask {
  let made: ReturnType<typeof make> | undefined;
  return (value) => {
    made ??= make();
    return made(value);
  };
}

/** The function that decides which rules a value leaves possible: its own small program over the value alone. */
function decider<View>(
  step: ValueStep,
  count: number,
  catalogue: FieldCatalogue<View>,
  costs: CostModel,
): (value: MemoKey | undefined) => RuleMask {
  const rulesOf = new Map<Expression, number[]>();
  for (const [rule, projection] of step.projections.entries()) {
    if (projection.kind === 'constant') continue;
    const known = rulesOf.get(projection);
    if (known === undefined) rulesOf.set(projection, [rule]);
    else known.push(rule);
  }
  const writer = new CodeWriter(boxCatalogue(step, catalogue), costs, [...rulesOf.keys()]);
  const words = Math.ceil(count / MASK_BITS);
  const full = maskOf(
    step.projections.map((_, rule) => rule),
    count,
  );
  const tests = [...rulesOf].map(([projection, rules]) => {
    const mask = maskOf(rules, count);
    return `if (!${writer.expression(projection)}) { ${keep((w) => `${~(mask[w] ?? 0)}`, mask)} }`;
  });
  const start = `let ${each(words, (w) => `w${w} = ${full[w]}`).join(', ')};`;
  const made = `return [${each(words, (w) => `w${w}`).join(', ')}];`;
  const decide = writer.program(
    `return function decide(v) {\n${start}\n${tests.join('\n')}\n${made}\n};`,
  ) as (box: Box) => RuleMask; // the text says so
  return (value) => decide({ value });
}

/** The key field and what derives from it, read from the value alone. */
function boxCatalogue<View>({ operand }: ValueStep, catalogue: FieldCatalogue<View>): FieldCatalogue<Box> {
  const rows = new Map<string, FieldSpec<Box>>();
  for (const [name, spec] of catalogue) {
    const { derived } = spec;
    if (name === operand.name) rows.set(name, { ...spec, derived: undefined, extract: ({ value }) => value });
    else if (derived !== undefined && derived.from === operand.key) {
      const extract = ({ value }: Box): FieldValue | undefined =>
        typeof value === 'string' ? derived.by(value) : undefined;
      rows.set(name, { ...spec, extract });
    }
  }
  return rows;
}
