import type { KernelVerdict } from '@runward/enforce';
import type { TrafficVerdict } from '@runward/flows';
import type { EnforcementService } from './service.js';

/** What verdicts say of flows: those of connecting, and of connections from elsewhere. */
export function trafficOf(verdicts: readonly KernelVerdict[]): readonly TrafficVerdict[] {
  return verdicts.flatMap(({ traffic, operation, cgroup, outcome }) =>
    traffic === undefined
      ? []
      : [
          {
            ...{ cgroup, ...traffic, role: operation === 'accept' ? 'server' : 'client' },
            isEnforced: outcome !== 'would-deny',
          },
        ],
  );
}

/** The groups whose network a policy judges now. */
export function judgedGroups(
  service: Pick<EnforcementService, 'containers' | 'effectiveFor'>,
): ReadonlySet<number> {
  return new Set(
    service.containers.all.flatMap(({ resolvedId, workload, cgroups }) =>
      resolvedId !== undefined && service.effectiveFor(workload)?.sections.has('network') === true
        ? cgroups
        : [],
    ),
  );
}
