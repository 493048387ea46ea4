import type { ContainerInfo } from '@runward/events';

/** Host services have private roots too; what the service manager named is no container. */
export function canBeContainer(path: string): boolean {
  const leaf = path.slice(path.lastIndexOf('/') + 1);
  return leaf !== '' && leaf !== 'conmon' && !/\.(service|scope|slice|socket|mount)$/.test(leaf);
}

/** Stands in for a container no runtime named in time. */
export function unidentified(path: string, id: string | undefined, timeoutMs: number): ContainerInfo {
  const leaf = path.slice(path.lastIndexOf('/') + 1);
  const none = new Map<string, string>();
  return {
    id: id ?? leaf,
    runtime: 'unknown',
    name: id ?? leaf,
    image: '',
    imageRepository: '',
    imageTag: '',
    imageDigest: '',
    imageId: '',
    privileged: undefined,
    mounts: [],
    labels: none,
    env: [],
    user: '',
    ip: '',
    createdAtNs: 0n,
    startedAtNs: 0n,
    hostPid: undefined,
    hostNetwork: undefined,
    hostIpc: undefined,
    pod: undefined,
    metadata: 'path-only',
    metadataProblem:
      timeoutMs > 0 ? `no runtime named it within ${timeoutMs} ms` : 'the sensor stopped first',
  };
}
