import type { SectionAbility } from '@runward/enforce';
import { type Finding, off, on } from './finding.js';
import { enforceObject } from './installation.js';
import { explain } from './sensor-findings.js';

/** Sections that the specification of a container can enforce as well. */
const CREATABLE: ReadonlySet<string> = new Set(['capabilities', 'syscalls', 'kernelSurface', 'privilege']);

const LOST = {
  creatable: 'only containers created through the runtime wrapper are held to it',
  other: 'nothing holds containers to it; a policy that has it in protect is refused',
} as const;

export function abilityFinding({ section, mechanism, problem, limits, partly }: SectionAbility): Finding {
  const feature = `policy section ${section}`;
  if (mechanism === undefined)
    return off(
      feature,
      (problem || 'nothing in this kernel enforces it') +
        (partly === undefined ? '' : `; ${partly.handles.join(', ')} by ${partly.mechanism} all the same`),
      CREATABLE.has(section) ? LOST.creatable : LOST.other,
    );
  return on(feature, limits.length === 0 ? mechanism : `${mechanism}; ${limits.join('; ')}`);
}

/** What enforces each section of a policy here, by loading it for real, apart from what is in force, and taking it out again. */
export async function examineEnforcement(): Promise<Finding[]> {
  const pinFolder = `/sys/fs/bpf/runward-doctor-${process.pid}`;
  const { fanotifyAbilities, PinnedEnforcement } = await import('@runward/enforce');
  try {
    const enforcement = await PinnedEnforcement.open({ objectPath: enforceObject, pinFolder });
    const beside = fanotifyAbilities().find(({ section }) => section === 'file');
    const findings = enforcement.abilities.map((ability) =>
      // As the agent does: where the kernel has no programs for files, fanotify judges them.
      abilityFinding(
        ability.section === 'file' && ability.mechanism === undefined ? (beside ?? ability) : ability,
      ),
    );
    await enforcement.close();
    return findings;
  } catch (error) {
    return [off('enforcement', explain(error), 'no policy can be enforced in the kernel')];
  } finally {
    PinnedEnforcement.detachAll(pinFolder);
  }
}
