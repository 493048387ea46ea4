import type { FieldCatalogue, FieldScalar, FieldValue } from '@runward/events';
import { type OperandReader, operandReader } from '../compile/operand-reader.js';
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
    return { name: part.name, width: part.width, read: operandReader(part.operand, catalogue) };
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
      output += printValue(value).padEnd(part.width);
    }
    return { output, fields };
  };
}

interface Token<View> {
  readonly name: string;
  readonly width: number;
  readonly read: OperandReader<View>;
}

/** A value as an output shows it, `<NA>` where the event carries none. */
export const printValue = (value: FieldValue | undefined): string =>
  value === undefined ? '<NA>' : visible(writeValue(value));

const writeValue = (value: FieldValue): string =>
  isList(value) ? `(${value.map(writeScalar).join(',')})` : writeScalar(value);

const writeScalar = (scalar: FieldScalar): string =>
  scalar instanceof Uint8Array ? textOf(scalar) : String(scalar);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Names and arguments are the attacker's: no control character of theirs reaches a terminal. */
const visible = (text: string): string => text.replace(CONTROL, '.');
