import type { Action, EffectivePolicy, Privilege, SectionName } from '@runward/policy';
import { decide } from '@runward/policy/decide';
import { KERNEL_SURFACE } from '@runward/policy/model';
import type { CreationPolicy, NamedSection, Reason } from '../apply/creation-policy.js';

/** What the policies of a container demand at its creation; undefined when none has a section in protect. */
export function creationPolicy(effective: EffectivePolicy): CreationPolicy | undefined {
  const enforced = [...effective.sections].filter(([, section]) => section.enforced);
  if (enforced.length === 0) return undefined;
  const protects = new Map<SectionName, 'open' | 'closed'>(
    enforced.map(([name, { onFailure }]) => [name, onFailure]),
  );
  const denied = (section: SectionName, action: Action | undefined): Reason | undefined => {
    const { verdict, line } = action === undefined ? ALLOWED : decide(effective, action).enforced;
    if (verdict === 'allow' || line === undefined) return undefined;
    const response = effective.sections.get(section)?.response ?? 'deny';
    return { policy: line.policy, at: `${line.span.file}:${line.span.line}`, response };
  };
  const privilege = (name: Privilege): Reason | undefined =>
    denied('privilege', { kind: 'privilege', privilege: name });
  return {
    names: effective.policies.map(({ name }) => name),
    digest: `sha256:${effective.id}`,
    denies: (section, name) => denied(section, actionOf(section, name)),
    otherwise: (section) => denied(section, actionOf(section, NO_NAME)),
    mentioned: (section) => mentioned(effective, section),
    noNewPrivileges: privilege('new-privileges'),
    setuidExecution: privilege('setuid-execution'),
    readOnlyRoot: privilege('root-write'),
    protects,
  };
}

const ALLOWED = { verdict: 'allow', line: undefined } as const;
/** No policy can name it, so what decides it is what decides every name without a line. */
const NO_NAME = '';

function actionOf(section: NamedSection, name: string): Action | undefined {
  if (section === 'capabilities') return { kind: 'capability', name };
  if (section === 'syscalls') return { kind: 'syscall', name };
  // A closed list: each is asked for by its name, and there is no other.
  const handle = KERNEL_SURFACE.find((each) => each === name);
  return handle === undefined ? undefined : { kind: 'kernel', handle };
}

/** Names that the section's lines in protect have. */
function mentioned(effective: EffectivePolicy, section: NamedSection): readonly string[] {
  const lines = effective.sections.get(section)?.lines ?? [];
  const names = lines.flatMap(({ terms, mode }) =>
    terms.kind === 'name' && mode === 'protect' ? [terms.line.name] : [],
  );
  return [...new Set(names)];
}
