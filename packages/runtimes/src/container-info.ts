import type { ContainerInfo, ContainerRuntime } from '@runward/events';

/** A container of which nothing but id and runtime is known yet. */
export function blankContainer(id: string, runtime: ContainerRuntime): ContainerInfo {
  return {
    id,
    runtime,
    name: '',
    image: '',
    imageRepository: '',
    imageTag: '',
    imageDigest: '',
    imageId: '',
    privileged: undefined,
    mounts: [],
    labels: new Map(),
    env: [],
    user: '',
    ip: '',
    createdAtNs: 0n,
    startedAtNs: 0n,
    hostPid: undefined,
    hostNetwork: undefined,
    hostIpc: undefined,
    pod: undefined,
    metadata: 'complete',
    metadataProblem: '',
  };
}

/** What is reported when no runtime answered: the identity the path gave, and why there is no more. */
export const pathOnlyContainer = (id: string, runtime: ContainerRuntime, problem: string): ContainerInfo => ({
  ...blankContainer(id, runtime),
  metadata: 'path-only',
  metadataProblem: problem,
});
