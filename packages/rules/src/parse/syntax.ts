import type { Modifier, Operator, Transformer } from '../lex/operators.js';

/** Where a node stands in the text it was parsed from: offsets, end exclusive. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

export interface ValueSyntax extends Extent {
  readonly kind: 'value';
  readonly text: string;
  readonly quoted: boolean;
}

export interface ValueListSyntax extends Extent {
  readonly kind: 'values';
  readonly values: readonly ValueSyntax[];
}

export interface FieldSyntax extends Extent {
  readonly kind: 'field';
  readonly name: string;
  readonly argument: string | undefined;
}

export interface CallSyntax extends Extent {
  readonly kind: 'call';
  readonly transformer: Transformer;
  readonly args: readonly ArgumentSyntax[];
  readonly option: string | undefined;
}

/** `(proc.name, toupper(proc.pname), "text")`: a list inside a transformer. */
export interface ArgumentListSyntax extends Extent {
  readonly kind: 'list';
  readonly items: readonly (OperandSyntax | ValueSyntax)[];
}

export type OperandSyntax = FieldSyntax | CallSyntax;
export type ArgumentSyntax = OperandSyntax | ValueSyntax | ArgumentListSyntax;

export interface CheckSyntax extends Extent {
  readonly kind: 'check';
  readonly left: OperandSyntax;
  readonly operator: Operator;
  readonly modifier: Modifier | undefined;
  readonly right: OperandSyntax | ValueSyntax | ValueListSyntax | undefined;
}

export interface MacroSyntax extends Extent {
  readonly kind: 'macro';
  readonly name: string;
}

export interface NotSyntax extends Extent {
  readonly kind: 'not';
  readonly term: ConditionSyntax;
}

export interface AndSyntax extends Extent {
  readonly kind: 'and';
  readonly terms: readonly ConditionSyntax[];
}

export interface OrSyntax extends Extent {
  readonly kind: 'or';
  readonly terms: readonly ConditionSyntax[];
}

export type ConditionSyntax = CheckSyntax | MacroSyntax | NotSyntax | AndSyntax | OrSyntax;
