import type { KernelVerdict } from '@runward/enforce';
import type { TrafficVerdict } from '@runward/flows';

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
