import type { EventView } from './view.js';

/**
 * Value types of fields.
 *
 * `int`/`uint` are numbers, or bigint where 2^53 may be exceeded; `ip` is canonical text (`10.0.0.1`,
 * `2001:db8::1`, a v4-mapped address is given as IPv4); `port` a number; `bool` a boolean; times are
 * nanoseconds.
 */
export type FieldType =
  | 'string'
  | 'int'
  | 'uint'
  | 'bool'
  | 'double'
  | 'ip'
  | 'port'
  | 'time'
  | 'duration'
  | 'bytes';

export type FieldScalar = string | number | bigint | boolean | Uint8Array;
export type FieldValue = FieldScalar | readonly FieldScalar[];

/** What stands in the brackets of `field[argument]` (or after the dot, for `evt.arg.NAME`). */
export type FieldArgument =
  | { readonly kind: 'none' }
  | { readonly kind: 'index'; readonly required: boolean; readonly doc: string }
  | { readonly kind: 'key'; readonly required: boolean; readonly doc: string };

export interface DerivedField {
  readonly from: string;
  /** Free of side effects; undefined when the field is missing for such a value. */
  readonly by: (text: string) => FieldValue | undefined;
}

/**
 * One row of the field catalogue.
 *
 * `extract` is called on the hot path: it allocates only what the value itself needs and never throws. It
 * returns undefined when the event does not carry the fact, which makes any comparison false.
 */
export interface FieldSpec<View = EventView> {
  readonly name: string;
  readonly type: FieldType;
  /** The field yields several values; a comparison holds when it holds for one of them. */
  readonly list: boolean;
  readonly argument: FieldArgument;
  readonly doc: string;
  /** Where the value comes from, for `runward fields` and for reviewers: kernel object, runtime, … */
  readonly from: string;
  /**
   * Constant from one exec to the next of the same process in the same container: what interest by process may
   * evaluate. Times since the epoch are not: they move when the wall clock is set.
   */
  readonly perProcess: boolean;
  /**
   * Where the event carries this field, its value is `by` of the value of the text field `from`. It may be missing
   * where `from` is not. What rules say about both is then decided together, once per value.
   */
  readonly derived?: DerivedField | undefined;
  /** Why no event carries it here. A condition that reads it gets a warning when it is loaded. */
  readonly unavailable?: string;
  readonly extract: (view: View, argument: string | number | undefined) => FieldValue | undefined;
}

/** Fields by name. */
export type FieldCatalogue<View = EventView> = ReadonlyMap<string, FieldSpec<View>>;
