import type { FieldCatalogue } from '@runward/events';
import { interpret } from '../interpret/interpreter.js';
import { type Formatted, formatter } from '../output/formatter.js';
import type { Rule, RuleSet } from '../rule-set.js';
import { compileType, type Test } from './type-matcher.js';
import { MemoBudget } from './value-memo.js';

export interface CompiledRule<View> {
  readonly rule: Rule;
  readonly format: (view: View) => Formatted;
}

export type Matcher<View> = (view: View, onMatch: (rule: CompiledRule<View>) => void) => void;

export interface CompileOptions<View> {
  readonly catalogue: FieldCatalogue<View>;
  /** Report every rule that matches, in file order; by default the first one only. */
  readonly allMatches?: boolean;
  /** An extractor threw. The event is then decided rule by rule; `rule` names the one that fails. */
  readonly onRuntimeError?: (error: unknown, rule: Rule) => void;
}

export interface CompiledRules<View> {
  /** The matcher of an event type; undefined when no enabled rule is about it. Compiled at the first such event. */
  matcher(eventTypeName: string): Matcher<View> | undefined;
  /** Compiles the matcher of an event type now, so that the first such event need not wait for it. */
  prepare(eventTypeName: string): void;
  readonly eventTypes: ReadonlySet<string>;
}

export function compileRules<View>(ruleSet: RuleSet, options: CompileOptions<View>): CompiledRules<View> {
  const byType = new Map<string, Rule[]>();
  for (const rule of ruleSet.rules) {
    if (!rule.enabled) continue;
    for (const type of rule.eventTypes) {
      const known = byType.get(type);
      if (known === undefined) byType.set(type, [rule]);
      else known.push(rule);
    }
  }
  const compiled = new Map<Rule, CompiledRule<View>>();
  const toCompiled = (rule: Rule): CompiledRule<View> => {
    const known = compiled.get(rule) ?? lazyRule(rule, options.catalogue);
    compiled.set(rule, known);
    return known;
  };
  const matchers = new Map<string, TypeMatcher<View> | undefined>();
  const budget = new MemoBudget();
  const matcherOf = (type: string): TypeMatcher<View> | undefined => {
    if (!matchers.has(type))
      matchers.set(type, typeMatcher(type, byType.get(type) ?? [], toCompiled, options, budget));
    return matchers.get(type);
  };
  return {
    eventTypes: new Set(byType.keys()),
    matcher: (type) => matcherOf(type)?.match,
    prepare: (type) => matcherOf(type)?.prepare(),
  };
}

/** Most rules never fire: their output is prepared when they first do. */
function lazyRule<View>(rule: Rule, catalogue: FieldCatalogue<View>): CompiledRule<View> {
  let format: ((view: View) => Formatted) | undefined;
  return {
    rule,
    format: (view) => {
      format ??= formatter(rule.template, catalogue);
      return format(view);
    },
  };
}

interface TypeMatcher<View> {
  readonly match: Matcher<View>;
  readonly prepare: () => void;
}

function typeMatcher<View>(
  type: string,
  rules: readonly Rule[],
  toCompiled: (rule: Rule) => CompiledRule<View>,
  { catalogue, allMatches = false, onRuntimeError = () => undefined }: CompileOptions<View>,
  budget: MemoBudget,
): TypeMatcher<View> | undefined {
  if (rules.length === 0) return undefined;
  let test: Test<View> | undefined;
  const compile = (): Test<View> => {
    const conditions = rules.map((rule) => rule.condition);
    return compileType(type, conditions, catalogue, allMatches, { budget }) ?? (() => undefined);
  };
  const compiled = rules.map(toCompiled);
  let report: (rule: CompiledRule<View>) => void = () => undefined;
  let matching = false;
  const onIndex = (index: number): void => {
    matching = false;
    const rule = compiled[index];
    if (rule !== undefined) report(rule);
  };
  const match: Matcher<View> = (view, onMatch) => {
    report = onMatch;
    matching = true;
    test ??= compile();
    try {
      test(view, onIndex);
    } catch (error) {
      // What the caller's own callback throws is the caller's.
      if (!matching) throw error;
      decideOneByOne(compiled, view, catalogue, allMatches, onMatch, onRuntimeError);
    }
  };
  const prepare = (): void => {
    test ??= compile();
  };
  return { match, prepare };
}

/** A rule whose field cannot be read must not hide the others. */
function decideOneByOne<View>(
  rules: readonly CompiledRule<View>[],
  view: View,
  catalogue: FieldCatalogue<View>,
  allMatches: boolean,
  onMatch: (rule: CompiledRule<View>) => void,
  onRuntimeError: (error: unknown, rule: Rule) => void,
): void {
  for (const compiled of rules) {
    let holds = false;
    try {
      holds = interpret(compiled.rule.condition, view, catalogue);
    } catch (error) {
      onRuntimeError(error, compiled.rule);
    }
    if (!holds) continue;
    onMatch(compiled);
    if (!allMatches) return;
  }
}
