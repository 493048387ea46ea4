import type { FieldType } from '@runward/events';
import type { Operator, Transformer } from '../lex/operators.js';

/**
 * How a check treats a field with several values.
 *
 * `any`: true when one value satisfies it (process ancestors). `endpoints`: one value satisfies it, but `!=`
 * wants all to differ (both ends of a connection). `set`: `in` wants all values in the list, `intersects`
 * one; `!=` all to differ (true lists).
 */
export type ListKind = 'none' | 'any' | 'endpoints' | 'set';

export interface FieldOperand {
  readonly kind: 'field';
  /** Canonical text, equal for equal operands. */
  readonly key: string;
  readonly name: string;
  readonly argument: string | number | undefined;
  readonly type: FieldType;
  readonly list: ListKind;
}

export interface CallOperand {
  readonly kind: 'call';
  readonly key: string;
  /** `list` puts its arguments into one list: `join("-", (proc.name, proc.pname))`. */
  readonly transformer: Transformer | 'list';
  readonly args: readonly Operand[];
  /** `getopt(...)[x]` */
  readonly option: string | undefined;
  readonly type: FieldType;
  readonly list: ListKind;
}

export interface LiteralOperand {
  readonly kind: 'literal';
  readonly key: string;
  readonly values: readonly string[];
  readonly type: 'string';
  readonly list: ListKind;
}

export type Operand = FieldOperand | CallOperand | LiteralOperand;

/**
 * A resolved condition: macros and lists expanded, names checked.
 *
 * Nodes are frozen and hash-consed (see {@link ExpressionFactory}): equal conditions are one object, so a
 * macro used a hundred times is stored, checked and evaluated once. `and` and `or` have at least two terms.
 */
export type Expression = ConstantExpression | CheckExpression | NotExpression | AndExpression | OrExpression;

interface Node {
  /** Unique within its factory; children have smaller ids than their parents. */
  readonly id: number;
  /** Levels below this node, itself included. */
  readonly depth: number;
}

export interface ConstantExpression extends Node {
  readonly kind: 'constant';
  readonly value: boolean;
}

export interface CheckExpression extends Node {
  readonly kind: 'check';
  readonly left: Operand;
  readonly operator: Operator;
  /** Several values are alternatives, also for operators that take one (`startswith anyof`). */
  readonly values: readonly string[];
  /** Exactly one of the values must satisfy the operator. */
  readonly exactlyOne: boolean;
  /** `val(field)` or a transformer in place of values. */
  readonly right: Operand | undefined;
}

export interface NotExpression extends Node {
  readonly kind: 'not';
  readonly term: Expression;
}

export interface AndExpression extends Node {
  readonly kind: 'and';
  readonly terms: readonly Expression[];
}

export interface OrExpression extends Node {
  readonly kind: 'or';
  readonly terms: readonly Expression[];
}
