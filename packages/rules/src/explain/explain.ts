import { CostModel } from '../compile/cost.js';
import { Specialiser } from '../compile/specialise.js';
import { quoteValue } from '../lex/quoting.js';
import type { Atom, InterestClause } from '../plan/clause.js';
import { interestOf } from '../plan/interest.js';
import type { Expression } from '../resolve/expression.js';
import { distinctNodes, fieldsIn } from '../resolve/walk.js';
import type { Rule, RuleSet } from '../rule-set.js';
import { printCheck, printCondition } from './print.js';

export interface RuleExplanation {
  readonly name: string;
  /** The condition with macros, lists and exceptions written out. */
  readonly condition: string;
  /** The same in its uppermost parts: all of them must hold (`and`), or one of them (`or`). */
  readonly parts: { readonly join: 'and' | 'or'; readonly terms: readonly string[] };
  readonly eventTypes: readonly string[];
  readonly fields: readonly string[];
  /** Parts that other rules of the set need too and that are evaluated once for all of them. */
  readonly shared: readonly { readonly condition: string; readonly rules: readonly string[] }[];
  readonly cost: CostEstimate;
  /** What the kernel can rule out before it sends an event of a container; event types that are alike stand together. */
  readonly kernel: readonly KernelFilter[];
}

/** A guess at what the rule costs for one event of its types, in comparisons of integers. */
export interface CostEstimate {
  readonly class: 'light' | 'moderate' | 'heavy';
  readonly perEvent: number;
  /** The dearest checks, dearest first. */
  readonly dearest: readonly string[];
}

export interface KernelFilter {
  readonly eventTypes: readonly string[];
  /** Alternatives, of which one must hold; none at all where the kernel sends every event of the types. */
  readonly alternatives: readonly string[];
}

export interface ExplainOptions {
  /** Whether the kernel can make a check on an event of a type before it sends it; by default it can make none. */
  readonly isKernelAtom?: (atom: Atom, eventType: string) => boolean;
}

/** Parts cheaper than this are not worth naming. */
const MIN_COST = 8;
/** Up to here most events are decided by one or two comparisons; from there on texts are searched for most events. */
const LIGHT = 12;
const MODERATE = 40;
const DEAREST = 3;
const MAX_TEXT = 400;

export function explainRule(rule: Rule, ruleSet?: RuleSet, options: ExplainOptions = {}): RuleExplanation {
  const { name, condition, eventTypes } = rule;
  const fields = new Set([...fieldsIn([condition])].map((field) => field.key));
  const join = condition.kind === 'or' ? 'or' : 'and';
  const terms = condition.kind === 'and' || condition.kind === 'or' ? condition.terms : [condition];
  return {
    ...{ name, condition: printCondition(condition), eventTypes, fields: [...fields].sort() },
    parts: { join, terms: terms.map((term) => printTerm(term, terms.length > 1)) },
    shared: ruleSet === undefined ? [] : sharedParts(rule, ruleSet),
    ...{ cost: costOf(rule), kernel: kernelFilters(rule, options.isKernelAtom ?? (() => false)) },
  };
}

const printTerm = (term: Expression, among: boolean): string =>
  among && (term.kind === 'and' || term.kind === 'or') ? `(${printCondition(term)})` : printCondition(term);

function sharedParts(rule: Rule, ruleSet: RuleSet): RuleExplanation['shared'] {
  const costs = new CostModel();
  const mine = [...distinctNodes([rule.condition])].filter(
    (node) => node.kind !== 'check' && costs.of(node) >= MIN_COST,
  );
  const users = new Map(mine.map((node) => [node, [] as string[]]));
  for (const other of ruleSet.rules) {
    if (other.name === rule.name || !other.enabled) continue;
    for (const node of distinctNodes([other.condition])) users.get(node)?.push(other.name);
  }
  return mine
    .map((node) => ({ condition: printCondition(node, MAX_TEXT), rules: users.get(node) ?? [] }))
    .filter((part) => part.rules.length > 0);
}

/** The dearest of its event types counts, with the checks in the order they are made in. */
function costOf({ condition, eventTypes }: Rule): CostEstimate {
  let perEvent = 0;
  const dear = new Map<string, number>();
  for (const type of eventTypes) {
    const specialiser = new Specialiser(type);
    const rewritten = specialiser.rewrite(condition);
    const { costs } = specialiser;
    perEvent = Math.max(perEvent, costs.of(rewritten));
    for (const node of distinctNodes([rewritten])) {
      if (node.kind === 'check') dear.set(printCheck(node), costs.of(node));
    }
    // Rules about nearly everything are alike for all of it.
    if (dear.size > 0 && eventTypes.length > 20) break;
  }
  const dearest = [...dear].sort((a, b) => b[1] - a[1]).slice(0, DEAREST);
  const rounded = Math.round(perEvent);
  return {
    class: rounded <= LIGHT ? 'light' : rounded <= MODERATE ? 'moderate' : 'heavy',
    perEvent: rounded,
    dearest: dearest.map(([text]) => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`)),
  };
}

function kernelFilters(
  { condition, eventTypes }: Rule,
  isKernelAtom: (atom: Atom, eventType: string) => boolean,
): readonly KernelFilter[] {
  const groups = new Map<string, { eventTypes: string[]; alternatives: readonly string[] }>();
  for (const type of eventTypes) {
    const clauses = interestOf([condition], type, (atom) => isKernelAtom(atom, type), {
      assume: { container: true },
    });
    const alternatives = clauses.some((clause) => clause.length === 0) ? [] : clauses.map(printClause);
    const key = alternatives.join('\n');
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { eventTypes: [type], alternatives });
    else known.eventTypes.push(type);
  }
  return [...groups.values()];
}

const printClause = (clause: InterestClause): string =>
  clause
    .map(({ field, argument, operator, values, negated }) => {
      const left = argument === undefined ? field : `${field}[${argument}]`;
      const [only = ''] = values;
      const several = values.length > 1 || operator === 'pmatch';
      const right = several ? `(${values.map(quoteValue).join(', ')})` : quoteValue(only);
      const word = !several && operator === 'in' ? '=' : operator;
      const modifier = several && operator !== 'in' && operator !== 'pmatch' ? ' anyof' : '';
      return `${negated ? 'not ' : ''}${left} ${word}${modifier} ${operator === 'exists' ? '' : right}`.trimEnd();
    })
    .join(' and ');
