import type { IndexedPolicy, NameSection, RuntimePolicy, SectionName } from '@runward/policy';
import { SECTIONS } from '@runward/policy';
import type { CreationPolicy, NamedSection, Reason } from '../apply/creation-policy.js';
import { digestOf } from './digest.js';

type Judged<Kind extends SectionName> = {
  readonly policy: RuntimePolicy;
  readonly section: NonNullable<RuntimePolicy[Kind]>;
};

/**
 * The policies that select a container as one: their sections in protect, by the order of docs/adr/0050: a deny
 * line, then an allow line, then a default that denies. undefined when nothing is in protect.
 */
export function creationPolicy(selected: readonly IndexedPolicy[]): CreationPolicy | undefined {
  const ordered = selected.toSorted((a, b) => (a.policy.name < b.policy.name ? -1 : 1));
  const policies = ordered.map(({ policy }) => policy);
  const inForce = <Kind extends SectionName>(kind: Kind): readonly Judged<Kind>[] =>
    policies.flatMap((policy) => {
      const section = policy[kind];
      return section?.mode === 'protect' ? [{ policy, section }] : [];
    });
  const protects = new Map<SectionName, 'open' | 'closed'>();
  for (const kind of SECTIONS) {
    const sections = inForce(kind);
    if (sections.length === 0) continue;
    protects.set(kind, sections.some(({ section }) => section.onFailure === 'closed') ? 'closed' : 'open');
  }
  if (protects.size === 0) return undefined;
  const named: Readonly<Record<NamedSection, readonly Judged<NamedSection>[]>> = {
    capabilities: inForce('capabilities'),
    syscalls: inForce('syscalls'),
    kernelSurface: inForce('kernelSurface'),
  };
  const privilege = inForce('privilege');
  const demand = (
    asks: (section: NonNullable<RuntimePolicy['privilege']>) => boolean,
  ): Reason | undefined => {
    const found = privilege.find(({ section }) => asks(section));
    return found === undefined ? undefined : reason(found.policy, found.section);
  };
  return {
    names: policies.map(({ name }) => name),
    digest: digestOf(ordered),
    denies: (kind, name) => denies(named[kind], name),
    otherwise: (kind) => otherwise(named[kind]),
    mentioned: (kind) => [
      ...new Set(
        named[kind].flatMap(({ section }) => [...section.allow, ...section.deny].map(({ name }) => name)),
      ),
    ],
    noNewPrivileges: demand((section) => section.noNewPrivileges),
    setuidExecution: demand((section) => section.setuidExecution === 'deny'),
    readOnlyRoot: demand((section) => section.readOnlyRoot),
    protects,
  };
}

function denies(sections: readonly Judged<NamedSection>[], name: string): Reason | undefined {
  for (const { policy, section } of sections) {
    const line = section.deny.find((each) => each.name === name);
    if (line !== undefined) return reason(policy, section, line.span);
  }
  const isAllowed = sections.some(({ section }) => section.allow.some((line) => line.name === name));
  return isAllowed ? undefined : otherwise(sections);
}

function otherwise(sections: readonly Judged<NamedSection>[]): Reason | undefined {
  const found = sections.find(({ section }) => section.default === 'deny');
  return found === undefined ? undefined : reason(found.policy, found.section);
}

const reason = (
  policy: RuntimePolicy,
  section: Pick<NameSection, 'response' | 'span'>,
  span = section.span,
): Reason => ({
  policy: policy.name,
  at: `${span.file}:${span.line}`,
  response: section.response,
});
