import type { DerivedField, FieldArgument, FieldSpec, FieldType, FieldValue } from '../field.js';
import type { EventView } from '../view.js';

type Argument = string | number | undefined;
type Extract<View> = (view: View, argument: Argument) => FieldValue | undefined;

interface Options {
  readonly list?: boolean;
  readonly perProcess?: boolean;
  readonly argument?: FieldArgument;
  readonly derived?: DerivedField;
}

const NO_ARGUMENT: FieldArgument = { kind: 'none' };

/** Rows that share a source (`from`), so that a table of fields states it once. */
export const rowsFrom =
  <View = EventView>(from: string) =>
  (
    name: string,
    type: FieldType,
    doc: string,
    extract: Extract<View>,
    options: Options = {},
  ): FieldSpec<View> => ({
    name,
    type,
    list: options.list ?? false,
    argument: options.argument ?? NO_ARGUMENT,
    doc,
    from,
    perProcess: options.perProcess ?? false,
    derived: options.derived,
    extract,
  });

export const index = (required: boolean, doc: string): FieldArgument => ({ kind: 'index', required, doc });
export const key = (required: boolean, doc: string): FieldArgument => ({ kind: 'key', required, doc });

/** Options of a field that stays what it is from one exec to the next. */
export const PER_PROCESS: Options = { perProcess: true };

/** Runtimes and kernels say '' where they know nothing; a rule must not match on that. */
export const known = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** A bracket argument as a position, from the number or the digits the rule wrote; undefined for a key. */
export function position(argument: Argument): number | undefined {
  if (typeof argument === 'number') return argument;
  return argument !== undefined && /^\d{1,9}$/.test(argument) ? Number(argument) : undefined;
}
