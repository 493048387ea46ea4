import { CostModel } from '../compile/cost.js';
import { distinctNodes, fieldsIn } from '../resolve/walk.js';
import type { Rule, RuleSet } from '../rule-set.js';
import { printCondition } from './print.js';

export interface RuleExplanation {
  readonly name: string;
  /** The condition with macros, lists and exceptions written out. */
  readonly condition: string;
  readonly eventTypes: readonly string[];
  readonly fields: readonly string[];
  /** Parts that other rules of the set need too and that are evaluated once for all of them. */
  readonly shared: readonly { readonly condition: string; readonly rules: readonly string[] }[];
}

/** Parts cheaper than this are not worth naming. */
const MIN_COST = 8;

export function explainRule(rule: Rule, ruleSet?: RuleSet): RuleExplanation {
  const fields = new Set([...fieldsIn([rule.condition])].map((field) => field.key));
  return {
    name: rule.name,
    condition: printCondition(rule.condition),
    eventTypes: rule.eventTypes,
    fields: [...fields].sort(),
    shared: ruleSet === undefined ? [] : sharedParts(rule, ruleSet),
  };
}

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
    .map((node) => ({ condition: printCondition(node, 400), rules: users.get(node) ?? [] }))
    .filter((part) => part.rules.length > 0);
}
