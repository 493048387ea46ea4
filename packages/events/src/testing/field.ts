import { fieldCatalogue } from '../catalogue/index.js';
import type { FieldValue } from '../field.js';
import type { EventView } from '../view.js';

/**
 * Value of a field as a rule would write it: `fd.name`, `proc.aname[2]`, `evt.arg.flags`. Throws on a field
 * the catalogue does not have.
 */
export function fieldValue(view: EventView, expression: string): FieldValue | undefined {
  const [, name = expression, argument] =
    /^(evt\.(?:raw)?arg)\.(.+)$/.exec(expression) ?? /^([^[]+)\[(.*)\]$/.exec(expression) ?? [];
  const field = fieldCatalogue.get(name);
  if (field === undefined) throw new TypeError(`no field is called ${name}`);
  const position = argument !== undefined && /^\d+$/.test(argument) ? Number(argument) : argument;
  return field.extract(view, position);
}
