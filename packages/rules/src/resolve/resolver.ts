import { didYouMean } from '@runward/core';
import type { SourceText } from '@runward/yaml';
import { CheckBuilder } from '../check/check-builder.js';
import type { FieldTable } from '../check/field-lookup.js';
import type { Problem } from '../check/problem.js';
import type { Collected, MacroItem } from '../collect/items.js';
import type { Reporter } from '../diagnostics/reporter.js';
import { isProblem, parseCondition } from '../parse/condition-parser.js';
import type { ConditionSyntax, Extent, MacroSyntax } from '../parse/syntax.js';
import type { Expression } from './expression.js';
import { ExpressionFactory } from './expression-factory.js';
import { Lists } from './lists.js';

export interface Resolution {
  readonly expression: Expression;
  /** Problems of this condition and of the macros it uses. */
  readonly problems: ReadonlySet<Problem>;
}

interface Scope {
  readonly item: string;
  readonly source: SourceText;
  readonly sees: (macro: MacroItem) => boolean;
  readonly problems: Set<Problem>;
  readonly depth: number;
}

/** Chains of macros that refer forwards; backward references are resolved in order and need no stack. */
const MAX_MACRO_CHAIN = 200;

/** Levels of a resolved condition, `not`, `and` and `or` counted; later phases recurse over what this lets through. */
export const MAX_EXPRESSION_DEPTH = 2500;

/** Expands macros and lists into one expression per rule. */
export class Resolver {
  readonly factory = new ExpressionFactory();
  readonly lists: Lists;
  readonly usedMacros = new Set<string>();
  readonly #macros: ReadonlyMap<string, MacroItem>;
  readonly #resolved = new Map<string, Resolution | 'pending'>();

  constructor(
    collected: Collected,
    readonly table: FieldTable,
    readonly reporter: Reporter,
  ) {
    this.lists = new Lists(collected.lists);
    this.#macros = collected.macros;
    const inOrder = [...collected.macros.values()].sort((a, b) => a.visibility - b.visibility);
    for (const macro of inOrder) this.#macro(macro, 0);
  }

  /** Undefined when the text is no condition; that is reported. */
  condition(source: SourceText, item: string): Resolution | undefined {
    return this.#condition(source, item, () => true, 0);
  }

  #condition(source: SourceText, item: string, sees: Scope['sees'], depth: number): Resolution | undefined {
    const syntax = parseCondition(source.text);
    if (isProblem(syntax)) {
      const code = syntax.tooDeep ? 'RULE_CONDITION_DEPTH' : 'RULE_CONDITION_SYNTAX';
      this.reporter.report(code, syntax.message, syntax.help, source.span(syntax.start, syntax.end), item);
      return undefined;
    }
    const problems = new Set<Problem>();
    const onProblem = (found: Omit<Problem, 'span' | 'item'>, { start, end }: Extent): undefined => {
      problems.add({ ...found, span: source.span(start, end), item });
      return undefined;
    };
    const checks = new CheckBuilder(this.factory, this.table, this.lists, onProblem);
    const expression = this.#expand(syntax, checks, { item, source, sees, problems, depth });
    if (expression.depth > MAX_EXPRESSION_DEPTH) {
      const message = `condition nested deeper than the limit of ${MAX_EXPRESSION_DEPTH} once its macros are expanded`;
      this.reporter.report('RULE_CONDITION_DEPTH', message, 'nest fewer macros', source.span(0, 1), item);
      return undefined;
    }
    return { expression, problems };
  }

  #expand(syntax: ConditionSyntax, checks: CheckBuilder, scope: Scope): Expression {
    switch (syntax.kind) {
      case 'check':
        return checks.build(syntax);
      case 'not':
        return this.factory.not(this.#expand(syntax.term, checks, scope));
      case 'and':
        return this.factory.and(this.#expandAll(syntax.terms, checks, scope));
      case 'or':
        return this.factory.or(this.#expandAll(syntax.terms, checks, scope));
      case 'macro':
        return this.#reference(syntax, scope);
    }
  }

  /** A loop, not a callback: conditions may be deep, and every frame counts. */
  #expandAll(terms: readonly ConditionSyntax[], checks: CheckBuilder, scope: Scope): readonly Expression[] {
    const expanded: Expression[] = [];
    for (const term of terms) expanded.push(this.#expand(term, checks, scope));
    return expanded;
  }

  #reference(syntax: MacroSyntax, scope: Scope): Expression {
    const macro = this.#macros.get(syntax.name);
    if (macro !== undefined) this.usedMacros.add(syntax.name);
    const fail = (
      code: 'RULE_MACRO_UNKNOWN' | 'RULE_MACRO_CYCLE',
      message: string,
      help: string,
    ): Expression => {
      this.reporter.report(code, message, help, scope.source.span(syntax.start, syntax.end), scope.item);
      return this.factory.false;
    };
    if (macro === undefined || !scope.sees(macro)) {
      const help =
        macro !== undefined
          ? 'a macro sees only macros defined before it'
          : this.lists.has(syntax.name)
            ? 'it is a list: write `field in (list)`'
            : didYouMean(syntax.name, this.#macros.keys(), 'define it with `- macro:` before it is used');
      return fail('RULE_MACRO_UNKNOWN', `unknown macro \`${syntax.name}\``, help);
    }
    const resolution = this.#macro(macro, scope.depth + 1);
    if (resolution === 'pending') {
      return fail('RULE_MACRO_CYCLE', `macro \`${syntax.name}\` refers to itself`, 'break the circle');
    }
    for (const problem of resolution.problems) scope.problems.add(problem);
    return resolution.expression;
  }

  #macro(macro: MacroItem, depth: number): Resolution | 'pending' {
    const known = this.#resolved.get(macro.name);
    if (known !== undefined) return known;
    if (depth > MAX_MACRO_CHAIN) return 'pending';
    this.#resolved.set(macro.name, 'pending');
    const sees = (other: MacroItem): boolean => other.index < macro.visibility && other !== macro;
    const found = this.#condition(macro.condition, `macro "${macro.name}"`, sees, depth);
    const resolution = found ?? { expression: this.factory.false, problems: new Set<Problem>() };
    this.#resolved.set(macro.name, resolution);
    return resolution;
  }
}
