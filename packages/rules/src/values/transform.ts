import type { FieldScalar, FieldValue } from '@runward/events';
import type { CallOperand } from '../resolve/expression.js';
import { decodeBase64, textOf, utf8 } from './bytes.js';
import { getopt } from './getopt.js';
import { isList } from './scalar-check.js';

/** Applies a transformer to the values of its arguments; undefined when one of them is missing or unfit. */
export function transform(
  call: CallOperand,
  args: readonly (FieldValue | undefined)[],
): FieldValue | undefined {
  const [first, second] = args;
  if (first === undefined) return undefined;
  switch (call.transformer) {
    case 'tolower':
      return eachText(first, (text) => text.toLowerCase());
    case 'toupper':
      return eachText(first, (text) => text.toUpperCase());
    case 'basename':
      return eachText(first, (text) => text.slice(text.lastIndexOf('/') + 1));
    case 'b64':
      return each(first, decode);
    case 'len':
      return length(first);
    case 'join':
      return typeof first === 'string' && second !== undefined && isList(second)
        ? second.join(first)
        : undefined;
    case 'list':
      return args.every((arg) => typeof arg === 'string') ? args : undefined;
    case 'concat':
      return args.every((arg) => typeof arg === 'string') ? args.join('') : undefined;
    case 'getopt':
      return isList(first) && typeof second === 'string' ? getopt(first, second, call.option) : undefined;
  }
}

function each(
  value: FieldValue,
  apply: (scalar: FieldScalar) => FieldScalar | undefined,
): FieldValue | undefined {
  if (!isList(value)) return apply(value);
  return value.map(apply).filter((result) => result !== undefined);
}

const eachText = (value: FieldValue, apply: (text: string) => string): FieldValue | undefined =>
  each(value, (scalar) => (typeof scalar === 'string' ? apply(scalar) : undefined));

function decode(scalar: FieldScalar): string | undefined {
  const text =
    typeof scalar === 'string' ? scalar : scalar instanceof Uint8Array ? textOf(scalar) : undefined;
  const bytes = text === undefined ? undefined : decodeBase64(text);
  return bytes && textOf(bytes);
}

/** Elements of a list, bytes of bytes and of texts. */
function length(value: FieldValue): number | undefined {
  if (isList(value) || value instanceof Uint8Array) return value.length;
  return typeof value === 'string' ? utf8(value).length : undefined;
}
