import type { ContainerInfo } from '@runward/events';
import type { Subject } from '@runward/respond';
import type { Identity, IdentityRequest } from '@runward/tracker';

/** What of the machine's groups is asked. */
export interface RunningGroups {
  running(): readonly IdentityRequest[];
  members(group: { readonly cgroup: number; readonly path: string }): readonly number[];
}

export interface RunningContainer {
  readonly info: ContainerInfo;
  readonly pids: readonly number[];
}

export interface Identities {
  /** Found not long ago: a runtime that hangs is not asked again. */
  known(cgroup: number): ContainerInfo | undefined;
  identify(request: IdentityRequest): Promise<Identity>;
}

/** The containers that run, each once, with processes of all its groups. */
export async function runningContainers(
  groups: RunningGroups,
  identities: Identities,
): Promise<readonly RunningContainer[]> {
  const found = new Map<string, RunningContainer>();
  await Promise.all(
    groups.running().map(async (request) => {
      const info = await infoOf(request, identities);
      if (info === undefined) return;
      const { cgroup, cgroupPath: path, pid } = request;
      const pids = [...(found.get(info.id)?.pids ?? []), pid, ...groups.members({ cgroup, path })];
      found.set(info.id, { info, pids: [...new Set(pids)] });
    }),
  );
  return [...found.values()];
}

async function infoOf(request: IdentityRequest, identities: Identities): Promise<ContainerInfo | undefined> {
  const known = identities.known(request.cgroup);
  if (known !== undefined) return known;
  const identity = await identities.identify(request);
  return identity.kind === 'container' ? identity.info : undefined;
}

export const subjectOf = ({ info, pids }: RunningContainer): Subject => ({
  id: info.id,
  name: info.name,
  runtime: info.runtime,
  pod: info.pod === undefined ? '' : `${info.pod.namespace}/${info.pod.name}`,
  pids,
});
