import type { ContainerInfo } from '@runward/events';
import type { Identity, IdentityRequest } from '@runward/tracker';
import { HostGroups } from '../enforcement/host-groups.js';
import { runningTargets } from '../isolation/targets.js';

/** The containers that run on this machine now. */
export class RunningContainers {
  readonly #groups = new HostGroups();

  constructor(private readonly identify: (request: IdentityRequest) => Promise<Identity>) {}

  async list(): Promise<readonly ContainerInfo[]> {
    return (await runningTargets(this.#groups, this.identify)).map(({ info }) => info);
  }
}
