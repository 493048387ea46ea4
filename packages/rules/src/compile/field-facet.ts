import type { FieldCatalogue, FieldSpec, FieldValue } from '@runward/events';
import type { CheckExpression, Expression, FieldOperand } from '../resolve/expression.js';
import { CodeWriter } from './code-writer.js';
import type { CostModel } from './cost.js';
import { eachWord, keep } from './index-writer.js';
import type { Probe } from './probe.js';
import { maskOf, type ValueStep } from './rule-index.js';
import { MASK_BITS, type MemoBudget, type RuleMask, ValueMemo } from './value-memo.js';

/** What one field's value says, remembered per value: which rules it leaves possible, and which checks it satisfies. */
export class FieldFacet<View> {
  readonly operand: FieldOperand;
  readonly memo: ValueMemo;
  readonly #bits: ReadonlyMap<Expression, number>;
  readonly #words: number;

  /**
   * @param count rules in the step's masks
   * @param checks checks of the field itself that compiled code will ask about
   */
  constructor(
    step: ValueStep,
    count: number,
    checks: readonly CheckExpression[],
    { catalogue, costs, budget, probe }: FacetTools<View>,
  ) {
    this.operand = step.operand;
    this.#words = Math.ceil(count / MASK_BITS);
    this.#bits = new Map(checks.map((check, bit) => [check, bit]));
    let decide: ((value: unknown) => RuleMask) | undefined;
    // Many event types never come: what they need is made when the first one does.
    this.memo = new ValueMemo(budget, (value) => {
      decide ??= decider(step, count, checks, catalogue, costs, probe);
      return decide(value);
    });
  }

  /** Where the memo's answer has the truth of a check; undefined for checks it was not made for. */
  bitOf(check: Expression): { readonly word: number; readonly bit: number } | undefined {
    const bit = this.#bits.get(check);
    if (bit === undefined) return undefined;
    return { word: this.#words + Math.floor(bit / MASK_BITS), bit: 1 << (bit % MASK_BITS) };
  }
}

export interface FacetTools<View> {
  readonly catalogue: FieldCatalogue<View>;
  readonly costs: CostModel;
  readonly budget: MemoBudget;
  readonly probe: Probe | undefined;
}

/** The value under decision, where a view is expected. */
interface Box {
  readonly value: unknown;
}

/** The function that decides what a value says: its own small program over the value alone. */
function decider<View>(
  step: ValueStep,
  count: number,
  checks: readonly CheckExpression[],
  catalogue: FieldCatalogue<View>,
  costs: CostModel,
  probe: Probe | undefined,
): (value: unknown) => RuleMask {
  const rulesOf = new Map<Expression, number[]>();
  for (const [rule, projection] of step.projections.entries()) {
    if (projection.kind === 'constant') continue;
    const known = rulesOf.get(projection);
    if (known === undefined) rulesOf.set(projection, [rule]);
    else known.push(rule);
  }
  const roots = [...rulesOf.keys(), ...checks];
  const writer = new CodeWriter(boxCatalogue(step, catalogue), costs, roots, probe && unread(probe));
  const rules = maskOf(
    step.projections.map((_, rule) => rule),
    count,
  );
  const ruleTests = [...rulesOf].map(([projection, limited]) => {
    const mask = maskOf(limited, count);
    return `if (!${writer.expression(projection)}) { ${keep((w) => `${~(mask[w] ?? 0)}`, mask)} }`;
  });
  const checkTests = checks.map((check, bit) => {
    const set = `x${Math.floor(bit / MASK_BITS)} |= ${1 << (bit % MASK_BITS)};`;
    return `if (${writer.expression(check)}) ${set}`;
  });
  const checkWords = Math.ceil(checks.length / MASK_BITS);
  const names = [...eachWord(rules.length, (w) => `w${w}`), ...eachWord(checkWords, (w) => `x${w}`)];
  const start = `let ${names.map((name, w) => `${name} = ${rules[w] ?? 0}`).join(', ')};`;
  const body = [start, ...ruleTests, ...checkTests, `return [${names.join(', ')}];`].join('\n');
  const decide = writer.program(`return function decide(v) {\n${body}\n};`) as (box: Box) => RuleMask; // the text says so
  return (value) => decide({ value });
}

/** Here the field's value is at hand, so reading it is nothing to count. */
const unread = (probe: Probe): Probe => ({
  condition: (node) => probe.condition(node),
  rule: (index, condition) => probe.rule(index, condition),
});

/** The key field and what derives from it, read from the value alone. */
function boxCatalogue<View>({ operand }: ValueStep, catalogue: FieldCatalogue<View>): FieldCatalogue<Box> {
  const rows = new Map<string, FieldSpec<Box>>();
  for (const [name, spec] of catalogue) {
    const { derived } = spec;
    if (name === operand.name) {
      // What the catalogue's reader gave for this very event, so of its type.
      const extract = ({ value }: Box): FieldValue | undefined => value as FieldValue | undefined;
      rows.set(name, { ...spec, derived: undefined, extract });
    } else if (derived !== undefined && derived.from === operand.key) {
      const extract = ({ value }: Box): FieldValue | undefined =>
        typeof value === 'string' ? derived.by(value) : undefined;
      rows.set(name, { ...spec, extract });
    }
  }
  return rows;
}
