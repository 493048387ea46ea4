import type { FieldCatalogue } from '@runward/events';
import type { CheckExpression, Expression, FieldOperand } from '../resolve/expression.js';
import type { ExpressionFactory } from '../resolve/expression-factory.js';
import { distinctNodes } from '../resolve/walk.js';
import { type CostModel, operandCost } from './cost.js';
import { type Knowledge, projections } from './projection.js';
import { MASK_BITS, type RuleMask } from './value-memo.js';

/** A cheap test of the event that rules out all rules of its mask when it fails. */
export interface DirectStep {
  readonly kind: 'direct';
  readonly test: Expression;
  readonly mask: RuleMask;
}

/** The value of one field, which says for each rule of the mask whether it is still possible. */
export interface ValueStep {
  readonly kind: 'value';
  readonly operand: FieldOperand;
  /** What each rule implies about the field and those derived from it; `true` for rules outside the mask. */
  readonly projections: readonly Expression[];
  readonly mask: RuleMask;
}

export type IndexStep = DirectStep | ValueStep;

/** Fewer rules are tested one by one; and what concerns one rule alone is tested with it. */
const MIN_RULES = 4;
/** What testing a rule that a step could have ruled out costs on average, in the units of the cost model. */
const RULE_COST = 10;
const LOOK_UP_COST = 4;

const NUMBERS: ReadonlySet<string> = new Set(['bool', 'int', 'uint']);
/** Many values, few of which a rule names. */
const KEYS: ReadonlySet<string> = new Set(['string', 'ip', 'port']);
/** Texts of a handful of values each, as cheap to compare as numbers. */
const WORDS: ReadonlySet<string> = new Set(['fd.typechar', 'fd.type', 'fd.l4proto', 'evt.res']);

/**
 * What to look at before any rule is tested, in this order: each step clears the bits of rules it rules out, until
 * none is left, which is how it ends for most events.
 */
export function ruleIndex<View>(
  conditions: readonly Expression[],
  factory: ExpressionFactory,
  costs: CostModel,
  catalogue: FieldCatalogue<View>,
): readonly IndexStep[] {
  if (conditions.length < MIN_RULES) return [];
  const rated = [
    ...directSteps(conditions, factory, costs),
    ...keyFields(conditions, catalogue).map((operand) =>
      valueStep(operand, conditions, factory, costs, catalogue),
    ),
  ];
  return rated
    .filter(({ cost, saved }) => saved * RULE_COST > cost)
    .sort((a, b) => a.cost / a.saved - b.cost / b.saved)
    .map(({ step }) => step);
}

interface Rated {
  readonly step: IndexStep;
  readonly cost: number;
  /** Rules it is expected to rule out. */
  readonly saved: number;
}

function directSteps(
  conditions: readonly Expression[],
  factory: ExpressionFactory,
  costs: CostModel,
): readonly Rated[] {
  const implied = projections(conditions, factory, (check) => (isDirect(check) ? 'known' : 'unknown'));
  const rulesOf = new Map<Expression, number[]>();
  for (const [rule, projection] of implied.entries()) {
    if (projection.kind === 'constant') continue;
    const known = rulesOf.get(projection);
    if (known === undefined) rulesOf.set(projection, [rule]);
    else known.push(rule);
  }
  return [...rulesOf]
    .filter(([, rules]) => rules.length > 1)
    .map(([test, rules]) => ({
      step: { kind: 'direct', test, mask: maskOf(rules, conditions.length) },
      cost: 1 + costs.of(test),
      saved: rules.length * (1 - costs.chance(test)),
    }));
}

const isDirect = ({ left, right }: CheckExpression): boolean =>
  left.kind === 'field' &&
  left.list === 'none' &&
  right === undefined &&
  operandCost(left) <= 10 &&
  (NUMBERS.has(left.type) || WORDS.has(left.name));

/** Fields of many values that rules check; of those derived from another, the other. */
function keyFields<View>(
  conditions: readonly Expression[],
  catalogue: FieldCatalogue<View>,
): readonly FieldOperand[] {
  const found = new Map<string, FieldOperand>();
  for (const node of distinctNodes(conditions)) {
    if (node.kind !== 'check' || !isKeyed(node)) continue;
    const from = catalogue.get(node.left.name)?.derived?.from;
    const source = from === undefined ? undefined : catalogue.get(from);
    const key: FieldOperand =
      source === undefined
        ? node.left
        : {
            kind: 'field',
            key: source.name,
            name: source.name,
            argument: undefined,
            type: source.type,
            list: 'none',
          };
    found.set(key.key, key);
  }
  return [...found.values()];
}

type KeyedCheck = CheckExpression & { readonly left: FieldOperand };
const isKeyed = (check: CheckExpression): check is KeyedCheck =>
  check.left.kind === 'field' &&
  check.left.list === 'none' &&
  check.right === undefined &&
  KEYS.has(check.left.type) &&
  !WORDS.has(check.left.name);

function valueStep<View>(
  operand: FieldOperand,
  conditions: readonly Expression[],
  factory: ExpressionFactory,
  costs: CostModel,
  catalogue: FieldCatalogue<View>,
): Rated {
  const knowledge = (check: CheckExpression): Knowledge => {
    if (!isKeyed(check)) return 'unknown';
    if (check.left.key === operand.key) return 'known';
    return catalogue.get(check.left.name)?.derived?.from === operand.key ? 'may-be-missing' : 'unknown';
  };
  const implied = projections(conditions, factory, knowledge);
  const limited = implied.flatMap((p, rule) => (p.kind === 'constant' ? [] : [rule]));
  const mask = maskOf(limited, conditions.length);
  return {
    step: { kind: 'value', operand, projections: implied, mask },
    cost: operandCost(operand) + LOOK_UP_COST,
    saved: implied.reduce((sum, p) => sum + (p.kind === 'constant' ? 0 : 1 - costs.chance(p)), 0),
  };
}

/** The bits of these rules, in as many words as `count` rules take. */
export function maskOf(rules: Iterable<number>, count: number): RuleMask {
  const words = new Array<number>(Math.ceil(count / MASK_BITS)).fill(0);
  for (const rule of rules) {
    const word = Math.floor(rule / MASK_BITS);
    words[word] = (words[word] ?? 0) | (1 << (rule % MASK_BITS));
  }
  return words;
}
