import {
  type CheckSyntax,
  type ConditionSyntax,
  compileRegex,
  type Extent,
  isProblem,
  parseCondition,
} from '@runward/rules';
import type { Check, Condition, FilterOperator } from './condition.js';
import { FILTER_OPERATORS } from './condition.js';
import { FILTER_FIELDS, type FilterField, fieldOf } from './fields.js';

export const LONGEST_FILTER = 4096;
const MOST_CHECKS = 100;
const MOST_VALUES = 500;

/** What is wrong, and where in the text. */
class Wrong extends Error {
  constructor(
    message: string,
    readonly extent: Extent,
    readonly help = '',
  ) {
    super(message);
  }
}

export interface FilterProblem extends Extent {
  readonly message: string;
}

/** A filter in the language of conditions of rules, as far as it can be asked of what is stored; or what is wrong with it. */
export function readFilter(text: string): { readonly condition: Condition } | FilterProblem {
  try {
    const syntax = parseCondition(text);
    if (isProblem(syntax)) throw new Wrong(syntax.message, syntax, syntax.help);
    return { condition: new Reader().read(syntax) };
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    const { message, help, extent } = error;
    const { start, end } = extent;
    return { message: help === '' ? message : `${message}; ${help}`, start, end };
  }
}

/** One text: what it may have in all is counted. */
class Reader {
  #checks = 0;
  #values = 0;

  read(syntax: ConditionSyntax): Condition {
    switch (syntax.kind) {
      case 'macro':
        throw new Wrong(`\`${syntax.name}\` is no field`, syntax, nearOf(syntax.name));
      case 'not':
        return { kind: 'not', term: this.read(syntax.term) };
      case 'and':
      case 'or':
        return { kind: syntax.kind, terms: syntax.terms.map((term) => this.read(term)) };
      case 'check':
        return this.#check(syntax);
    }
  }

  #check(syntax: CheckSyntax): Check {
    this.#checks += 1;
    if (this.#checks > MOST_CHECKS) throw new Wrong(`a filter has up to ${MOST_CHECKS} checks`, syntax);
    const { left } = syntax;
    if (left.kind === 'call')
      throw new Wrong(`\`${left.transformer}\` is not known to filters`, left, 'compare the field itself');
    const field = fieldOf(left.name, left.argument);
    if (field === undefined) throw new Wrong(`\`${left.name}\` is no field`, left, nearOf(left.name));
    const operator = operatorOf(syntax);
    if (/^[<>]/.test(operator) && field.type !== 'number')
      throw new Wrong(`\`${operator}\` compares numbers, \`${field.name}\` is text`, syntax);
    return { kind: 'check', field, operator, values: this.#valuesOf(syntax, field, operator) };
  }

  #valuesOf(
    { right, modifier }: CheckSyntax,
    field: FilterField,
    operator: FilterOperator,
  ): readonly string[] {
    if (right === undefined) return [];
    if (right.kind === 'call' || right.kind === 'field')
      throw new Wrong('a filter compares with values, not with other fields', right);
    if (modifier !== undefined && modifier !== 'anyof')
      throw new Wrong(`\`${modifier}\` is not known to filters`, right, '`anyof` is');
    const values = right.kind === 'value' ? [right] : right.values;
    this.#values += values.length;
    if (this.#values > MOST_VALUES) throw new Wrong(`a filter has up to ${MOST_VALUES} values`, right);
    for (const value of values) {
      if (field.type === 'number' && !isNumber(value.text))
        throw new Wrong(`\`${value.text}\` is no number, \`${field.name}\` is one`, value);
      if (operator === 'regex') {
        const problem = compileRegex(value.text);
        if (typeof problem === 'string') throw new Wrong(problem, value);
      }
      if ((operator === 'glob' || operator === 'iglob') && /[[\]]/.test(value.text))
        throw new Wrong('sets in patterns are not known to filters', value, 'write it with `regex`');
    }
    return values.map(({ text }) => text);
  }
}

const isNumber = (text: string): boolean => /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text);

function operatorOf({ operator, left, start, end }: CheckSyntax): FilterOperator {
  if (!(FILTER_OPERATORS as readonly string[]).includes(operator))
    throw new Wrong(
      `\`${operator}\` is not known to filters`,
      { start: left.end, end: Math.max(start, end) },
      `one of ${FILTER_OPERATORS.join(' ')}`,
    );
  return operator === 'in' ? '=' : (operator as FilterOperator); // it is one of them
}

/** The names that somebody may have meant: those with the same last or first part. */
function nearOf(name: string): string {
  const parts = name.split('.');
  const near = [...FILTER_FIELDS.keys()].filter((known) =>
    known.split('.').some((part) => parts.includes(part)),
  );
  return `such as ${(near.length > 0 ? near : [...FILTER_FIELDS.keys()]).slice(0, 8).join(', ')}`;
}
