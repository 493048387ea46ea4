import type { FieldCatalogue, FieldScalar, FieldSpec, FieldValue } from '@runward/events';

/** An event given as facts: `{ 'evt.type': 'openat', 'proc.aname[2]': 'sshd' }`. */
export type FactView = Readonly<Record<string, FieldValue>>;

/** The same fields as a catalogue, read from facts instead of kernel events: what tests of rules run on. */
export function factCatalogue(catalogue: ReadonlyMap<string, FieldSpec<never>>): FieldCatalogue<FactView> {
  const rows = [...catalogue.values()].map((spec): [string, FieldSpec<FactView>] => {
    const extract = (facts: FactView, argument: string | number | undefined): FieldValue | undefined =>
      readFact(spec, facts, argument);
    return [spec.name, { ...spec, extract }];
  });
  return new Map(rows);
}

type Spec = Pick<FieldSpec<never>, 'name' | 'list' | 'argument'>;

function readFact(
  spec: Spec,
  facts: FactView,
  argument: string | number | undefined,
): FieldValue | undefined {
  const { name } = spec;
  if (argument === undefined) return facts[name] ?? gathered(spec, facts);
  const exact = facts[`${name}[${argument}]`] ?? facts[`${name}.${argument}`];
  if (exact !== undefined || typeof argument !== 'number') return exact;
  const all = facts[name];
  // Ancestors are counted from the parent, which is number 1; other lists from 0.
  return Array.isArray(all)
    ? (all as readonly FieldScalar[])[name.startsWith('proc.a') ? argument - 1 : argument]
    : undefined;
}

/** A list of which only single members are given: `proc.aname` from `proc.aname[1]`, `proc.aname[2]`, … */
function gathered({ name, list, argument }: Spec, facts: FactView): FieldValue | undefined {
  if (!list || argument.kind !== 'index') return undefined;
  const members: FieldScalar[] = [];
  for (const [key, value] of Object.entries(facts)) {
    if (key.startsWith(`${name}[`) && !Array.isArray(value)) members.push(value as FieldScalar);
  }
  return members.length === 0 ? undefined : members;
}
