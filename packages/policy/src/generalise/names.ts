import { KERNEL_SURFACE } from '../model/policy.js';
import { SYSCALL_NAMES } from '../model/syscall-names.js';
import type { NameObservation, WorkloadProfile } from '../profile/profile.js';
import { CAPABILITY_NAMES } from '../read/line-shapes.js';
import type { Observed, PlannedLine } from './planned-line.js';
import type { PlannedSection } from './policy-text.js';
import { quote } from './quote.js';
import { SIBLINGS, STANDARD_CALLS } from './syscall-siblings.js';

const observed = ({ name, by, evidence: _, ...seen }: NameObservation): Observed => ({
  what: name,
  by,
  ...seen,
});

const exact = (seen: NameObservation): PlannedLine => ({
  ...{ verdict: 'allow', yaml: quote(seen.name), subject: seen.name, reason: 'exact' },
  note: seen.evidence === 'inferred' ? 'a system call that needs it succeeded' : '',
  observations: [observed(seen)],
});

const denyByDefault = (why: string) => [{ key: 'default', value: 'deny', why }];
const known = (seen: readonly NameObservation[], names: readonly string[]): readonly NameObservation[] =>
  seen.filter(({ name }) => names.includes(name));

export function planCapabilities({ capabilities, privilege }: WorkloadProfile): PlannedSection {
  const used = known(capabilities, CAPABILITY_NAMES);
  const isGuess = privilege.uids.includes(0) && used.every(({ evidence }) => evidence === 'inferred');
  const why = isGuess
    ? 'capabilities nobody was seen to use; this kernel does not tell of its checks, so some use may be missing'
    : 'capabilities nobody was seen to use';
  return { settings: denyByDefault(why), lines: used.map(exact) };
}

export function planSurface({ kernelSurface }: WorkloadProfile): PlannedSection {
  return {
    settings: denyByDefault('handles of the kernel that were not used'),
    lines: known(kernelSurface, KERNEL_SURFACE).map(exact),
  };
}

/** System calls: those seen, other forms of them, and what every program's own library may come to need. */
export function planSyscalls({ syscalls, coverage }: WorkloadProfile): PlannedSection {
  const seen = known(syscalls, SYSCALL_NAMES);
  const lines = new Map<string, PlannedLine>(seen.map((call) => [call.name, exact(call)]));
  const add = (name: string, line: Omit<PlannedLine, 'verdict' | 'yaml' | 'subject'>): void => {
    if (!lines.has(name)) lines.set(name, { verdict: 'allow', yaml: quote(name), subject: name, ...line });
  };
  for (const group of SIBLINGS) {
    const found = seen.filter(({ name }) => group.includes(name));
    const [first] = found;
    if (first === undefined) continue;
    for (const name of group)
      add(name, {
        reason: 'sibling',
        note: `another form of ${first.name}`,
        observations: [observed(first)],
      });
  }
  if (seen.length > 0)
    for (const name of STANDARD_CALLS)
      add(name, {
        reason: 'standard',
        note: 'the C library and the kernel need it at times',
        observations: [],
      });
  const partial = {
    ...{ key: 'mode', value: '"off"' },
    why: 'only a part of the system calls was seen: learn with an agent before this is of use',
  };
  return {
    settings: [
      ...(coverage.callsCounted === false ? [partial] : []),
      ...denyByDefault('system calls that were not made'),
    ],
    lines: [...lines.values()].toSorted((a, b) => (a.subject < b.subject ? -1 : 1)),
  };
}
