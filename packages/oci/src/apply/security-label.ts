import { appArmorName, seLinuxType } from '@runward/policy/export-names';
import type { OciProcess } from '../spec/spec.js';
import { type CreationNote, change, type SpecChange } from './change.js';
import type { CreationPolicy, Reason } from './creation-policy.js';
import type { CreationHost } from './host.js';

interface Labelled {
  readonly process: OciProcess;
  readonly changes: readonly SpecChange[];
  readonly notes: readonly CreationNote[];
}

/**
 * The AppArmor profile or SELinux type that an operator exported for one of the policies and loaded. It takes the
 * place of no confinement; a profile that whoever starts the container chose stays, since one profile does not
 * contain another.
 */
export function labelProcess(process: OciProcess, policy: CreationPolicy, host: CreationHost): Labelled {
  const armor = policy.names.find((name) => host.appArmorProfiles?.has(appArmorName(name)) === true);
  if (armor !== undefined) return withProfile(process, armor);
  const { knowsLabel } = host;
  if (knowsLabel === undefined || process.selinuxLabel === undefined) return unchanged(process);
  for (const name of policy.names) {
    const label = withType(process.selinuxLabel, seLinuxType(name));
    if (label !== undefined && label !== process.selinuxLabel && knowsLabel(label))
      return {
        process: { ...process, selinuxLabel: label },
        changes: [change('process.selinuxLabel', label, [reasonOf(name)])],
        notes: [],
      };
  }
  return unchanged(process);
}

function withProfile(process: OciProcess, policy: string): Labelled {
  const name = appArmorName(policy);
  const given = process.apparmorProfile ?? '';
  if (given === name) return unchanged(process);
  if (given === '' || given === 'unconfined') {
    return {
      process: { ...process, apparmorProfile: name },
      changes: [change('process.apparmorProfile', name, [reasonOf(policy)])],
      notes: [],
    };
  }
  const message = `AppArmor profile \`${given}\` was asked for and stays; \`${name}\` is loaded and not used`;
  return { process, changes: [], notes: [{ code: 'OCI_PROFILE_KEPT', message }] };
}

/** `user:role:type:level` with another type; the level, which keeps containers apart, stays. */
function withType(label: string, type: string): string | undefined {
  const [user, role, old, ...level] = label.split(':');
  return user === undefined || role === undefined || old === undefined ? undefined : [user, role, type, ...level].join(':'); // biome-ignore format: one line
}

const unchanged = (process: OciProcess): Labelled => ({ process, changes: [], notes: [] });
const reasonOf = (policy: string): Reason => ({ policy, at: '', response: 'deny' });
