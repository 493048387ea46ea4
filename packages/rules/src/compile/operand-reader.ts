import type { FieldCatalogue, FieldValue } from '@runward/events';
import type { Operand } from '../resolve/expression.js';
import { transform } from '../values/transform.js';

/** Reads an operand's value from an event; undefined when the event does not carry it. */
export type OperandReader<View> = (view: View) => FieldValue | undefined;

export function operandReader<View>(operand: Operand, catalogue: FieldCatalogue<View>): OperandReader<View> {
  if (operand.kind === 'literal') {
    const value = operand.list === 'none' ? operand.values[0] : operand.values;
    return () => value;
  }
  if (operand.kind === 'field') {
    const extract = catalogue.get(operand.name)?.extract;
    const { argument } = operand;
    return extract === undefined ? () => undefined : (view) => extract(view, argument);
  }
  const args = operand.args.map((arg) => operandReader(arg, catalogue));
  return (view) =>
    transform(
      operand,
      args.map((read) => read(view)),
    );
}
