import type { FieldType } from '@runward/events';
import type { Operator } from '../lex/operators.js';

const EQUALITY: readonly Operator[] = ['=', '!=', 'in', 'intersects', 'exists'];
const ORDER: readonly Operator[] = ['<', '<=', '>', '>='];
const TEXT: readonly Operator[] = [
  ...(['contains', 'icontains', 'startswith', 'endswith', 'glob', 'iglob'] as const),
  ...(['regex', 'pmatch'] as const),
];
const BYTES: readonly Operator[] = ['contains', 'bcontains', 'startswith', 'bstartswith', 'endswith'];

const numeric = new Set<Operator>([...EQUALITY, ...ORDER]);

/** Which operators a type of field takes. */
const OPERATORS_OF: Readonly<Record<FieldType, ReadonlySet<Operator>>> = {
  string: new Set<Operator>([...EQUALITY, ...TEXT, ...ORDER]),
  bytes: new Set<Operator>([...EQUALITY, ...BYTES]),
  int: numeric,
  uint: numeric,
  double: numeric,
  port: numeric,
  time: numeric,
  duration: numeric,
  bool: new Set<Operator>(EQUALITY),
  ip: new Set<Operator>(EQUALITY),
};

export const takesOperator = (type: FieldType, operator: Operator): boolean =>
  OPERATORS_OF[type].has(operator);
export const operatorsOf = (type: FieldType): readonly Operator[] => [...OPERATORS_OF[type]];

const NUMERIC: ReadonlySet<FieldType> = new Set(['int', 'uint', 'double', 'port', 'time', 'duration']);
export const isNumeric = (type: FieldType): boolean => NUMERIC.has(type);

/** Whether two operands can be compared: both numbers, both texts, … */
export const comparable = (a: FieldType, b: FieldType): boolean => a === b || (isNumeric(a) && isNumeric(b));
