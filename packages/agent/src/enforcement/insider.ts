import type { Groups } from './host-groups.js';
import type { KnownContainer } from './known-containers.js';

/** A process of the container's own; none while only its runtime is there. */
export function insiderOf(
  { paths, cgroups, isBeingCreated }: KnownContainer,
  groups: Groups,
): number | undefined {
  if (isBeingCreated) return undefined;
  for (const path of paths)
    for (const cgroup of cgroups) {
      const inside = groups.insider({ path, cgroup });
      if (inside !== undefined) return inside;
    }
  return undefined;
}
