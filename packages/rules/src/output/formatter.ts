import type { FieldCatalogue, FieldScalar, FieldValue } from '@runward/events';
import { type OperandReader, operandReader } from '../compile/operand-reader.js';
import type { FieldOperand, Operand } from '../resolve/expression.js';
import { fieldsOf } from '../resolve/walk.js';
import { textOf } from '../values/bytes.js';
import { isList } from '../values/scalar-check.js';
import type { Template } from './template.js';

export interface Formatted {
  readonly output: string;
  /** By token as written; null where the event does not carry the field. */
  readonly fields: Readonly<Record<string, FieldValue | null>>;
}

export type Formatter<View> = (view: View) => Formatted;

export function formatter<View>({ parts }: Template, catalogue: FieldCatalogue<View>): Formatter<View> {
  const prepared = parts.map((part): string | Token<View> => {
    if (typeof part === 'string') return part;
    return {
      name: part.name,
      width: part.width,
      read: operandReader(part.operand, catalogue),
      plain: plainFields(part.operand).map((field) => ({
        name: field.key,
        read: operandReader(field, catalogue),
      })),
    };
  });
  return (view) => {
    let output = '';
    const fields: Record<string, FieldValue | null> = {};
    for (const part of prepared) {
      if (typeof part === 'string') {
        output += part;
        continue;
      }
      const value = part.read(view);
      fields[part.name] = value ?? null;
      for (const { name, read } of part.plain) fields[name] = read(view) ?? null;
      output += fit(printValue(value), part.width);
    }
    return { output, fields };
  };
}

interface NamedReader<View> {
  readonly name: string;
  readonly read: OperandReader<View>;
}

/** A value as an output shows it, `<NA>` where the event carries none. */
export const printValue = (value: FieldValue | undefined): string =>
  value === undefined ? '<NA>' : visible(writeValue(value));

interface Token<View> extends NamedReader<View> {
  readonly width: number;
  /** What a transformer was applied to: consumers that know the field find it under its own name. */
  readonly plain: readonly NamedReader<View>[];
}

const plainFields = (operand: Operand): readonly FieldOperand[] =>
  operand.kind === 'call' ? [...fieldsOf(operand)] : [];

/** A width is exact: short texts are filled up, long ones cut. */
function fit(text: string, width: number): string {
  if (width === 0) return text;
  return text.length <= width ? text.padEnd(width) : [...text].slice(0, width).join('');
}

const writeValue = (value: FieldValue): string =>
  isList(value) ? `(${value.map(writeScalar).join(',')})` : writeScalar(value);

const writeScalar = (scalar: FieldScalar): string =>
  scalar instanceof Uint8Array ? textOf(scalar) : String(scalar);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Names and arguments are the attacker's: no control character of theirs reaches a terminal. */
const visible = (text: string): string => text.replace(CONTROL, '.');
