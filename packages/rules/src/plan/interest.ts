import { isNumeric } from '../check/types.js';
import { Specialiser } from '../compile/specialise.js';
import type { CheckExpression, Expression } from '../resolve/expression.js';
import { ExpressionFactory } from '../resolve/expression-factory.js';
import { children, distinctNodes } from '../resolve/walk.js';
import type { RuleSet } from '../rule-set.js';
import { parseBoolean, parseNumber } from '../values/numbers.js';
import { evaluateText } from '../values/text-check.js';
import { type Atom, type Clause, clauseOf, type InterestClause, literal } from './clause.js';
import { ALWAYS, allOf, anyOf, NEVER } from './clause-set.js';

export interface InterestOptions {
  /** What is known of the events before any is seen: all from containers, or all from the host. */
  readonly assume?: { readonly container?: boolean };
}

/**
 * What the kernel may test before it sends an event of this type: alternatives, of which at least one holds
 * for every event that some enabled rule matches. An empty clause means always, no clause at all never.
 *
 * Sound by construction: a check the kernel cannot make (`isKernelAtom` says no) counts as true whether it
 * is asked for or negated, and all bounding only weakens.
 *
 * @param isKernelAtom answers the same whenever it is asked; with the same function, planning several event types
 * shares work.
 */
export function planInterest(
  ruleSet: RuleSet,
  eventType: string,
  isKernelAtom: (atom: Atom) => boolean,
  options: InterestOptions = {},
): readonly InterestClause[] {
  const rules = ruleSet.rules.filter((rule) => rule.enabled && rule.eventTypes.includes(eventType));
  return interestOf(
    rules.map((rule) => rule.condition),
    eventType,
    isKernelAtom,
    options,
  );
}

/** The same for bare conditions, such as a filter's. */
export function interestOf(
  conditions: readonly Expression[],
  eventType: string,
  isKernelAtom: (atom: Atom) => boolean,
  options: InterestOptions = {},
): readonly InterestClause[] {
  return anyOf(planEach(conditions, eventType, isKernelAtom, options)).map(toInterestClause);
}

/** The same for each condition by itself: what one of them needs is then not hidden by what another does. */
export function interestOfEach(
  conditions: readonly Expression[],
  eventType: string,
  isKernelAtom: (atom: Atom) => boolean,
  options: InterestOptions = {},
): readonly (readonly InterestClause[])[] {
  return planEach(conditions, eventType, isKernelAtom, options).map((all) => all.map(toInterestClause));
}

function planEach(
  conditions: readonly Expression[],
  eventType: string,
  isKernelAtom: (atom: Atom) => boolean,
  options: InterestOptions,
): readonly (readonly Clause[])[] {
  const { factory, planner } = plannerOf(isKernelAtom, options.assume?.container);
  const specialiser = new Specialiser(eventType, factory);
  return conditions.map((condition) => planner.plan(specialiser.rewrite(condition)));
}

interface SharedPlanner {
  readonly factory: ExpressionFactory;
  readonly planner: InterestPlanner;
}

/** Rules mean much the same for `open` and `openat`: what was planned for one type serves the next. */
const planners = new WeakMap<(atom: Atom) => boolean, Map<boolean | undefined, SharedPlanner>>();

function plannerOf(isKernelAtom: (atom: Atom) => boolean, container: boolean | undefined): SharedPlanner {
  const byContainer = planners.get(isKernelAtom) ?? new Map<boolean | undefined, SharedPlanner>();
  planners.set(isKernelAtom, byContainer);
  const known = byContainer.get(container);
  if (known !== undefined) return known;
  const made = { factory: new ExpressionFactory(), planner: new InterestPlanner(isKernelAtom, container) };
  byContainer.set(container, made);
  return made;
}

const toInterestClause = (clause: Clause): InterestClause =>
  [...clause.values()].map(({ field, argument, operator, values, negated }) => ({
    ...{ field, argument, operator, values, negated },
  }));

/** Alternatives under which a node is true, and under which it is false. */
interface Both {
  readonly true: readonly Clause[];
  readonly false: readonly Clause[];
}

class InterestPlanner {
  readonly #known = new Map<Expression, Both>();

  constructor(
    readonly isKernelAtom: (atom: Atom) => boolean,
    readonly container: boolean | undefined,
  ) {}

  plan(condition: Expression): readonly Clause[] {
    for (const node of distinctNodes([condition])) {
      if (!this.#known.has(node)) this.#known.set(node, this.#node(node));
    }
    return this.#get(condition).true;
  }

  #get(node: Expression): Both {
    return this.#known.get(node) ?? { true: ALWAYS, false: ALWAYS };
  }

  #node(node: Expression): Both {
    if (node.kind === 'constant') return constant(node.value);
    if (node.kind === 'check') return this.#check(node);
    const terms = children(node).map((child) => this.#get(child));
    const [first] = terms;
    if (node.kind === 'not' && first !== undefined) return { true: first.false, false: first.true };
    const trues = terms.map((t) => t.true);
    const falses = terms.map((t) => t.false);
    return node.kind === 'and'
      ? { true: allOf(trues), false: anyOf(falses) }
      : { true: anyOf(trues), false: allOf(falses) };
  }

  #check(check: CheckExpression): Both {
    const { left, right, exactlyOne } = check;
    const assumed = assumeContainer(check, this.container);
    if (assumed !== undefined) return constant(assumed);
    if (left.kind !== 'field' || right !== undefined || exactlyOne) return { true: ALWAYS, false: ALWAYS };
    const atom = toAtom(check, left.name, left.argument);
    if (!this.isKernelAtom(atom)) return { true: ALWAYS, false: ALWAYS };
    return { true: [clauseOf([literal(left, atom, false)])], false: [clauseOf([literal(left, atom, true)])] };
  }
}

const constant = (value: boolean): Both => ({ true: value ? ALWAYS : NEVER, false: value ? NEVER : ALWAYS });

/** One spelling per value, so that equal checks are seen to be equal. */
function toAtom(check: CheckExpression, field: string, argument: Atom['argument']): Atom {
  const { left, operator, values } = check;
  if (left.type === 'bool' && left.list === 'none' && operator !== 'exists') {
    const wanted = values.map((value) => (parseBoolean(value) === true) !== (operator === '!='));
    return { field, argument, operator: 'in', values: [...new Set(wanted)].map(String) };
  }
  const spelled = isNumeric(left.type) ? values.map((value) => String(parseNumber(value) ?? value)) : values;
  // Of a true list `in` wants every element, `=` one: there they are not the same.
  const same = operator === '=' && left.list !== 'set';
  return { field, argument, operator: same ? 'in' : operator, values: spelled };
}

/** The value of a check of `container.id` when it is known whether events come from containers. */
export function assumeContainer(check: CheckExpression, container: boolean | undefined): boolean | undefined {
  const { left, operator, values, right, exactlyOne } = check;
  if (container === undefined || left.kind !== 'field' || left.name !== 'container.id') return undefined;
  if (right !== undefined) return undefined;
  if (!container) return evaluateText(operator, values, exactlyOne, 'host');
  const onlyHost = values.length === 1 && values[0] === 'host';
  if (operator === 'exists') return true;
  if (!onlyHost || exactlyOne) return undefined;
  if (operator === '=' || operator === 'in') return false;
  return operator === '!=' ? true : undefined;
}
