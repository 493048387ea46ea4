import type { SectionAbility } from '@runward/enforce';
import { creationPolicy, handlesBeyondCreation } from '@runward/oci';
import {
  type EffectivePolicy,
  mergePolicies,
  type RuntimePolicy,
  SECTIONS,
  type SectionName,
} from '@runward/policy';
import { deniedHandles, lacksMechanism, unheldHandles } from './unheld-handles.js';

/** How a section is enforced for one container. */
export interface SectionStanding {
  readonly section: SectionName;
  readonly mode: 'monitor' | 'protect';
  /** What enforces it, or reports: `lsm`, `kill-at-exec, creation`; '' when nothing does. */
  readonly mechanism: string;
  /** Why nothing does; '' when something does. */
  readonly problem: string;
  /** What of the section the mechanism does not do. */
  readonly limits: readonly string[];
}

/** What the specification of a container held when it was created: sections, each with what it said then. */
export type CreationHold = ReadonlyMap<SectionName, string>;

/** The word for what was set before the container's first program ran, by its runtime. */
export const AT_CREATION = 'creation';

/** Names what one section of these policies says: equal when it says the same. */
export function sectionDigest(policies: readonly RuntimePolicy[], section: SectionName): string {
  const others = SECTIONS.filter((name) => name !== section).map((name) => [name, undefined]);
  // Without the other sections they are policies still: every section may be absent.
  return mergePolicies(
    policies.map((policy) => ({ ...policy, ...Object.fromEntries(others) }) as RuntimePolicy),
  ).id;
}

export const holdOf = (effective: EffectivePolicy, held: readonly SectionName[]): CreationHold =>
  new Map(held.map((section) => [section, sectionDigest(effective.policies, section)]));

/** Each section of a container's policies. `problem`: why the kernel does not have them; '' when it does. */
export function standingsOf(
  effective: EffectivePolicy,
  abilities: readonly SectionAbility[],
  hold: CreationHold | undefined,
  problem: string,
): readonly SectionStanding[] {
  return [...effective.sections].map(([section, { enforced }]) => {
    const ability = problem === '' ? abilities.find((each) => each.section === section) : undefined;
    const atCreation =
      enforced &&
      hold?.get(section) === sectionDigest(effective.policies, section) &&
      (section !== 'kernelSurface' || holdsTheRest(effective, ability));
    const inKernel = ability?.mechanism ?? partOf(effective, ability, atCreation);
    const mechanisms = [...(inKernel === undefined ? [] : [inKernel]), ...(atCreation ? [AT_CREATION] : [])];
    return {
      section,
      mode: enforced ? 'protect' : 'monitor',
      mechanism: mechanisms.join(', '),
      problem: mechanisms.length > 0 ? '' : problem || missingOf(effective, ability),
      limits: inKernel === undefined ? [] : (ability?.limits ?? []),
    };
  });
}

/** Handles that a specification does not shut are held by the kernel. */
function holdsTheRest(effective: EffectivePolicy, ability: SectionAbility | undefined): boolean {
  const demands = creationPolicy(effective);
  const beyond = demands === undefined ? [] : handlesBeyondCreation(demands);
  return beyond.length === 0 || (ability !== undefined && !lacksMechanism(ability, beyond));
}

/** The mechanism that does of a section what these policies ask, or what the container's creation left. */
function partOf(effective: EffectivePolicy, ability: SectionAbility | undefined, atCreation: boolean) {
  if (ability?.partly === undefined) return undefined;
  const denied = deniedHandles(effective);
  const left = unheldHandles(ability, denied);
  return left.length < denied.length && (left.length === 0 || atCreation)
    ? ability.partly.mechanism
    : undefined;
}

function missingOf(effective: EffectivePolicy, ability: SectionAbility | undefined): string {
  const why = ability?.problem || 'nothing in this kernel enforces it';
  if (ability?.partly === undefined) return why;
  const left = unheldHandles(ability, deniedHandles(effective));
  return left.length === 0 ? why : `${left.join(', ')}: ${why}`;
}
