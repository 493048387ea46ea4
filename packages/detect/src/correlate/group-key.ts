import type { FieldCatalogue, FieldValue } from '@runward/events';
import { type Grouping, type OperandReader, operandReader } from '@runward/rules';

/** Between the parts of a key: no path, name or argument can contain it. */
const SEPARATOR = '\0';

/** Reads which group an event belongs to. */
export class GroupKey<View> {
  readonly #parts: readonly {
    readonly readers: readonly OperandReader<View>[];
    readonly optional: boolean;
  }[];
  readonly #containerId: OperandReader<View> | undefined;
  readonly #ancestors: ((view: View) => FieldValue | undefined) | undefined;

  constructor(grouping: Grouping, catalogue: FieldCatalogue<View>) {
    this.#parts = grouping.parts.map(({ operands, optional }) => ({
      readers: operands.map((operand) => operandReader(operand, catalogue)),
      optional,
    }));
    const id = catalogue.get('container.id')?.extract;
    this.#containerId = grouping.ofContainer && id !== undefined ? (view) => id(view, undefined) : undefined;
    const ancestors = catalogue.get('proc.apid')?.extract;
    if (grouping.tree && ancestors !== undefined) this.#ancestors = (view) => ancestors(view, undefined);
  }

  /** Undefined when the event has no value for a part that is needed. */
  of(view: View): string | undefined {
    let key: string | undefined;
    for (const { readers, optional } of this.#parts) {
      const value = firstValue(readers, view);
      if (value === undefined && !optional) return undefined;
      const text = value === undefined ? '' : textOf(value);
      key = key === undefined ? text : `${key}${SEPARATOR}${text}`;
    }
    return key ?? '';
  }

  /** Keys of the groups of the process's ancestors, nearest first; none unless grouped by tree. */
  ofAncestors(view: View): readonly string[] {
    const key = this.#ancestors === undefined ? undefined : this.of(view);
    const pids = key === undefined ? undefined : this.#ancestors?.(view);
    if (key === undefined || pids === undefined) return [];
    const head = key.slice(0, key.lastIndexOf(SEPARATOR) + 1);
    const all = typeof pids === 'object' && !(pids instanceof Uint8Array) ? pids : [pids];
    return all.map((pid) => `${head}${String(pid)}`);
  }

  containerOf(view: View): string | undefined {
    const id = this.#containerId?.(view);
    return id === undefined ? undefined : textOf(id);
  }
}

/** The parts of a key that have a value, for people. */
export const keyParts = (key: string): readonly string[] =>
  key.split(SEPARATOR).filter((part) => part !== '');

function firstValue<View>(readers: readonly OperandReader<View>[], view: View): FieldValue | undefined {
  for (const read of readers) {
    const value = read(view);
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** A value as part of a key. */
export const textOf = (value: FieldValue): string =>
  typeof value === 'string' ? value : value instanceof Uint8Array ? hex(value) : String(value);
