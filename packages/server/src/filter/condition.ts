import type { FilterField } from './fields.js';

/** What a filter can ask of one value. */
export const FILTER_OPERATORS = [
  ...['exists', '=', '!=', 'in', '<', '<=', '>', '>='],
  ...['contains', 'icontains', 'startswith', 'endswith', 'glob', 'iglob', 'regex'],
] as const;

export type TextOperator = 'contains' | 'icontains' | 'startswith' | 'endswith' | 'glob' | 'iglob' | 'regex';
export type OrderOperator = '<' | '<=' | '>' | '>=';
export type FilterOperator = 'exists' | '=' | '!=' | TextOperator | OrderOperator;

export interface Check {
  readonly kind: 'check';
  readonly field: FilterField;
  readonly operator: FilterOperator;
  /** Any of them; `!=` wants all to differ. None for `exists`. */
  readonly values: readonly string[];
}

/** A filter that was read: each field is known, each value fits it. What a record does not have fails every check. */
export type Condition =
  | Check
  | { readonly kind: 'not'; readonly term: Condition }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Condition[] };
