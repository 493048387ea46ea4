import type { SectionAbility } from '@runward/enforce';
import { creationPolicy } from '@runward/oci';
import type { EffectivePolicy } from '@runward/policy';
import { KERNEL_SURFACE, type KernelHandle } from '@runward/policy/model';

/** Handles that these policies deny in protect. */
export function deniedHandles(effective: EffectivePolicy): readonly KernelHandle[] {
  const demands = creationPolicy(effective);
  return KERNEL_SURFACE.filter((handle) => demands?.denies('kernelSurface', handle) !== undefined);
}

/** Those of `handles` that the kernel does not enforce where it enforces some of a section. */
export const unheldHandles = (
  { partly }: SectionAbility,
  handles: readonly KernelHandle[],
): readonly KernelHandle[] => handles.filter((handle) => partly?.handles.includes(handle) !== true);

/** Whether the kernel leaves something of a section undone. `handles`: what is asked of `kernelSurface`. */
export const lacksMechanism = (ability: SectionAbility, handles: readonly KernelHandle[]): boolean =>
  ability.mechanism === undefined &&
  (ability.partly === undefined || unheldHandles(ability, handles).length > 0);
