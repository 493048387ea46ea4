import type { FieldCatalogue, FieldValue } from '@runward/events';
import {
  type Correlation,
  type CorrelationFact,
  type OperandReader,
  operandReader,
  printValue,
} from '@runward/rules';
import { type Findings, SHOWN_VALUES } from './match.js';

type Read<View, Witness> = (view: View, found: Findings<Witness>) => FieldValue | undefined;

/** Writes the output of a sequence or threshold from the last event and what was remembered of the others. */
export class CorrelationOutput<View, Witness> {
  readonly #parts: readonly (
    | string
    | { readonly name: string; readonly width: number; readonly read: Read<View, Witness> }
  )[];

  constructor({ template, kind, ...rest }: Correlation, catalogue: FieldCatalogue<View>) {
    const last = kind === 'sequence' && 'steps' in rest ? rest.steps.length - 1 : 0;
    const seen = new Map<number, number>();
    this.#parts = template.parts.map((part) => {
      if (typeof part === 'string') return part;
      const { name, width } = part;
      if (part.kind === 'fact') return { name, width, read: FACTS[part.fact] };
      const { step } = part;
      const index = seen.get(step) ?? 0;
      seen.set(step, index + 1);
      if (step < last) return { name, width, read: (_, found) => found.links[step]?.values[index] };
      const read: OperandReader<View> = operandReader(part.operand, catalogue);
      return { name, width, read: (view) => read(view) };
    });
  }

  write(
    view: View,
    found: Findings<Witness>,
  ): { readonly output: string; readonly fields: Readonly<Record<string, FieldValue | null>> } {
    let output = '';
    const fields: Record<string, FieldValue | null> = {};
    for (const part of this.#parts) {
      if (typeof part === 'string') {
        output += part;
        continue;
      }
      const value = part.read(view, found);
      fields[part.name] = value ?? null;
      output += printValue(value).padEnd(part.width);
    }
    return { output, fields };
  }
}

const FACTS: Readonly<Record<CorrelationFact, (_: unknown, found: Findings<unknown>) => FieldValue>> = {
  count: (_, { count }) => count,
  total: (_, { total }) => total,
  key: (_, { key }) => key.join(', '),
  elapsed: (_, { elapsedNs }) => `${(elapsedNs / 1e9).toFixed(1)}s`,
  values: (_, { values, count }) => [
    ...values.slice(0, SHOWN_VALUES),
    ...(count > values.length ? ['…'] : []),
  ],
};
