import type { FieldCatalogue } from '@runward/events';
import type { Probe, Tally } from '../compile/probe.js';
import { compileType, type Test } from '../compile/type-matcher.js';
import { MemoBudget } from '../compile/value-memo.js';
import { triggerRule, triggersOf } from '../correlation.js';
import { printCondition } from '../explain/print.js';
import type { Expression } from '../resolve/expression.js';
import { distinctNodes } from '../resolve/walk.js';
import type { Rule, RuleSet } from '../rule-set.js';
import type { ConditionCost, FieldCost, RuleCost, RuleProfile, TypeCost } from './profile.js';
import { tallyFactory } from './timed-tally.js';

export interface ProfilerOptions<View> {
  readonly catalogue: FieldCatalogue<View>;
  /** Monotonic milliseconds with a fraction: `performance.now` where there is one. */
  readonly now: () => number;
  /** As in `compileRules`. */
  readonly allMatches?: boolean;
}

/** A condition is told from others by so much of its text, and shown with so much. */
const COMPARED_LENGTH = 20_000;
const SHOWN_LENGTH = 300;

/**
 * Decides events as compiled rules do, and counts and times what that takes. The conditions of sequences and
 * thresholds are decided too, under their names; what they remember is not.
 */
export class RuleProfiler<View> {
  readonly #passes: readonly Pass<View>[];
  #events = 0;

  constructor(ruleSet: RuleSet, options: ProfilerOptions<View>) {
    const newTally = tallyFactory(options.now);
    const budget = new MemoBudget();
    const triggers = triggersOf(ruleSet).map(triggerRule);
    this.#passes = [
      new Pass(ruleSet.rules, options, newTally, budget),
      new Pass(triggers, { ...options, allMatches: true }, newTally, budget),
    ];
  }

  /** Throws what a field reader throws. */
  judge(view: View, typeName: string): void {
    this.#events += 1;
    for (const pass of this.#passes) pass.judge(view, typeName);
  }

  report(): RuleProfile {
    const types = this.#passes.flatMap((pass) => pass.types);
    return {
      events: this.#events,
      ns: types.reduce((sum, type) => sum + type.cost.ns, 0),
      rules: costliest(rulesOf(types), (rule) => rule.tested),
      conditions: costliest(conditionsOf(types), (condition) => condition.evaluated),
      fields: costliest(fieldsOf(types), (field) => field.read),
      types: costliest(typesOf(types), (type) => type.events),
    };
  }
}

/** Rules that are compiled together. */
class Pass<View> {
  readonly #types = new Map<string, TypeProfiler<View> | undefined>();

  constructor(
    readonly rules: readonly Rule[],
    readonly options: ProfilerOptions<View>,
    readonly newTally: () => Tally,
    readonly budget: MemoBudget,
  ) {}

  get types(): readonly TypeProfiler<View>[] {
    return [...this.#types.values()].filter((type) => type !== undefined);
  }

  judge(view: View, typeName: string): void {
    if (!this.#types.has(typeName)) this.#types.set(typeName, this.#begin(typeName));
    this.#types.get(typeName)?.judge(view);
  }

  #begin(typeName: string): TypeProfiler<View> | undefined {
    const rules = this.rules.filter((r) => r.enabled && r.eventTypes.includes(typeName));
    if (rules.length === 0) return undefined;
    return new TypeProfiler(typeName, rules, this.options, this.newTally, this.budget);
  }
}

/** By time; what was too rare to be timed by how often it ran. */
const costliest = <Cost extends { readonly ns: number }>(
  costs: readonly Cost[],
  runs: (cost: Cost) => number,
): readonly Cost[] => costs.toSorted((a, b) => b.ns - a.ns || runs(b) - runs(a));

/** One event type at work, and its tallies. */
class TypeProfiler<View> implements Probe {
  readonly rules: readonly Rule[];
  readonly conditions = new Map<Expression, Tally>();
  readonly fields = new Map<string, Tally>();
  /** By the index of the rule. */
  readonly tested = new Map<number, { readonly tally: Tally; readonly condition: Expression }>();
  readonly #typeName: string;
  readonly #whole: Tally;
  readonly #newTally: () => Tally;
  readonly #test: Test<View> | undefined;
  #matched = false;
  #ruledOut = 0;
  #fullTests = 0;

  constructor(
    typeName: string,
    rules: readonly Rule[],
    { catalogue, allMatches = false }: ProfilerOptions<View>,
    newTally: () => Tally,
    budget: MemoBudget,
  ) {
    this.#typeName = typeName;
    this.rules = rules;
    this.#newTally = newTally;
    this.#whole = newTally();
    const conditions = rules.map((rule) => rule.condition);
    this.#test = compileType(typeName, conditions, catalogue, allMatches, { budget, probe: this });
  }

  condition(node: Expression): Tally {
    return this.#tally(this.conditions, node);
  }

  field(operand: { readonly key: string }): Tally {
    return this.#tally(this.fields, operand.key);
  }

  rule(index: number, condition: Expression): Tally {
    const tally = this.#newTally();
    this.tested.set(index, { tally, condition });
    return tally;
  }

  #tally<Key>(tallies: Map<Key, Tally>, key: Key): Tally {
    const known = tallies.get(key) ?? this.#newTally();
    tallies.set(key, known);
    return known;
  }

  judge(view: View): void {
    this.#matched = false;
    this.#whole.run(this.#decide, view);
    let tests = 0;
    for (const { tally } of this.tested.values()) tests += tally.runs;
    if (tests === this.#fullTests) this.#ruledOut += 1;
    this.#fullTests = tests;
  }

  readonly #decide = (view: View): boolean => {
    this.#test?.(view, this.#onMatch);
    return this.#matched;
  };

  readonly #onMatch = (): void => {
    this.#matched = true;
  };

  get cost(): TypeCost {
    return {
      type: this.#typeName,
      events: this.#whole.runs,
      ruledOut: this.#ruledOut,
      matched: this.#whole.hits,
      ns: this.#whole.ns,
      rules: this.rules.length,
    };
  }
}

type Types = readonly TypeProfiler<never>[];

function rulesOf(types: Types): readonly RuleCost[] {
  const costs = new Map<Rule, RuleCost>();
  for (const type of types) {
    for (const [index, rule] of type.rules.entries()) {
      const tally = type.tested.get(index)?.tally;
      const known = costs.get(rule);
      costs.set(rule, {
        rule: rule.name,
        events: (known?.events ?? 0) + type.cost.events,
        tested: (known?.tested ?? 0) + (tally?.runs ?? 0),
        matched: (known?.matched ?? 0) + (tally?.hits ?? 0),
        ns: (known?.ns ?? 0) + (tally?.ns ?? 0),
        eventTypes: [...(known?.eventTypes ?? []), type.cost.type],
      });
    }
  }
  return [...costs.values()];
}

/** Both passes of a type together. */
function typesOf(types: Types): readonly TypeCost[] {
  const costs = new Map<string, TypeCost>();
  for (const { cost } of types) {
    const known = costs.get(cost.type);
    costs.set(
      cost.type,
      known === undefined
        ? cost
        : {
            ...known,
            ruledOut: Math.min(known.ruledOut, cost.ruledOut),
            matched: Math.max(known.matched, cost.matched),
            ns: known.ns + cost.ns,
            rules: known.rules + cost.rules,
          },
    );
  }
  return [...costs.values()];
}

function conditionsOf(types: Types): readonly ConditionCost[] {
  const costs = new Map<string, ConditionCost>();
  for (const type of types) {
    const users = usersOf(type);
    for (const [node, tally] of type.conditions) {
      if (tally.runs === 0) continue;
      const text = printCondition(node, COMPARED_LENGTH);
      const known = costs.get(text);
      costs.set(text, {
        condition: text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text,
        evaluated: (known?.evaluated ?? 0) + tally.runs,
        held: (known?.held ?? 0) + tally.hits,
        ns: (known?.ns ?? 0) + tally.ns,
        rules: [...new Set([...(known?.rules ?? []), ...(users.get(node) ?? [])])],
      });
    }
  }
  return [...costs.values()];
}

/** Names of the rules below whose conditions a node lies. */
function usersOf({ tested, rules }: Types[number]): ReadonlyMap<Expression, readonly string[]> {
  const users = new Map<Expression, string[]>();
  for (const [index, { condition }] of tested) {
    const name = rules[index]?.name ?? '';
    for (const node of distinctNodes([condition])) {
      const known = users.get(node);
      if (known === undefined) users.set(node, [name]);
      else known.push(name);
    }
  }
  return users;
}

function fieldsOf(types: Types): readonly FieldCost[] {
  const costs = new Map<string, FieldCost>();
  for (const { fields } of types) {
    for (const [field, tally] of fields) {
      if (tally.runs === 0) continue;
      const known = costs.get(field);
      costs.set(field, {
        field,
        read: (known?.read ?? 0) + tally.runs,
        ns: (known?.ns ?? 0) + tally.ns,
      });
    }
  }
  return [...costs.values()];
}
