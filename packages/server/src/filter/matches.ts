import { textTest } from '@runward/rules';
import type { Check, Condition } from './condition.js';
import type { FilterField } from './fields.js';

/** The value of a field as text; undefined or '' where there is none. */
export type Reading = (field: FilterField) => string | undefined;

/** Whether a condition holds of something in memory, as the stores say it in their language. */
export function matches(condition: Condition, read: Reading): boolean {
  switch (condition.kind) {
    case 'not':
      return !matches(condition.term, read);
    case 'and':
      return condition.terms.every((term) => matches(term, read));
    case 'or':
      return condition.terms.some((term) => matches(term, read));
    case 'check':
      return holds(condition, read(condition.field));
  }
}

function holds({ field, operator, values }: Check, value: string | undefined): boolean {
  if (value === undefined || value === '') return false;
  if (operator === 'exists') return true;
  if (operator === '!=') return values.every((wanted) => !isSame(field, value, wanted));
  if (operator === '=') return values.some((wanted) => isSame(field, value, wanted));
  if (field.type === 'number')
    return values.some((wanted) => inOrder(operator, Number(value), Number(wanted)));
  return values.some((wanted) => textTest(operator, wanted)(value));
}

const isSame = ({ type }: FilterField, a: string, b: string): boolean =>
  type === 'number' ? Number(a) === Number(b) : a === b;

function inOrder(operator: string, a: number, b: number): boolean {
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      return false;
  }
}

/** What stands in a body there; numbers as text, nothing for what is neither text nor number nor truth. */
export function inBody(body: unknown, paths: readonly (readonly string[])[]): string | undefined {
  for (const path of paths) {
    let at: unknown = body;
    for (const part of path)
      at =
        typeof at === 'object' && at !== null && Object.hasOwn(at, part)
          ? (at as Record<string, unknown>)[part]
          : undefined; // it has it
    if (typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean') return String(at);
    if (typeof at === 'object' && at !== null) return JSON.stringify(at);
  }
  return undefined;
}
