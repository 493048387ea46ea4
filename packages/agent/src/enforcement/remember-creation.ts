import type { Prepared } from '@runward/oci';
import type { RuntimePolicy } from '@runward/policy';
import { CreationHolds } from './creation-holds.js';
import { Selections } from './selections.js';
import { holdOf } from './standing.js';

/** For the next agent: what a container was given that is created while none runs. */
export function rememberCreation(
  state: string,
  policies: readonly RuntimePolicy[],
  { id, workload, held }: Prepared,
): void {
  const effective = workload === undefined ? undefined : new Selections(policies).for(workload);
  if (effective !== undefined && held !== undefined)
    new CreationHolds(state).keep(id, holdOf(effective, held));
}
