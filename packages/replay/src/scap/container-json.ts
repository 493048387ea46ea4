import type { ContainerInfo, ContainerRuntime, MountInfo, PodInfo } from '@runward/events';
import { pathOnlyContainer } from '@runward/runtimes';

/** Runtimes by the number captures give them. */
const RUNTIMES: Readonly<Record<number, ContainerRuntime>> = {
  0: 'docker',
  6: 'containerd',
  7: 'containerd',
  8: 'cri-o',
  11: 'podman',
};
/** A capture's own text, but of unknown origin: deeper or longer ones are not what a runtime says. */
const MAX_JSON_CHARS = 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (json: Json, key: string): string => {
  const value = json[key];
  return typeof value === 'string' ? value : '';
};
const flagOf = (json: Json, key: string): boolean | undefined => {
  const value = json[key];
  return typeof value === 'boolean' ? value : undefined;
};
const words = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** Kubernetes' own labels on every container its kubelet made. */
function podOf(labels: ReadonlyMap<string, string>): PodInfo | undefined {
  const name = labels.get('io.kubernetes.pod.name') ?? '';
  if (name === '') return undefined;
  const namespace = labels.get('io.kubernetes.pod.namespace') ?? '';
  const uid = labels.get('io.kubernetes.pod.uid') ?? '';
  const sandboxId = labels.get('io.kubernetes.sandbox.id') ?? '';
  return { name, namespace, uid, sandboxId, labels: new Map(), ip: '' };
}

function mountOf(value: unknown): readonly MountInfo[] {
  if (!isObject(value)) return [];
  return [
    {
      source: textOf(value, 'Source'),
      destination: textOf(value, 'Destination'),
      mode: textOf(value, 'Mode'),
      readWrite: flagOf(value, 'RW') ?? false,
      propagation: textOf(value, 'Propagation'),
    },
  ];
}

/** What a container event says; undefined when its JSON is none or names no container. */
export function containerOfJson(text: string): ContainerInfo | undefined {
  if (text.length > MAX_JSON_CHARS) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const c = isObject(json) ? json.container : undefined;
  if (!isObject(c)) return undefined;
  const id = textOf(c, 'full_id') || textOf(c, 'id');
  if (id === '' || id === 'host') return undefined;
  const labels = new Map(
    Object.entries(isObject(c.labels) ? c.labels : {}).flatMap(([k, v]) =>
      typeof v === 'string' ? [[k, v] as const] : [],
    ),
  );
  const created = c.created_time;
  return {
    ...pathOnlyContainer(id, RUNTIMES[Number(c.type)] ?? 'unknown', ''),
    metadata: 'complete',
    name: textOf(c, 'name'),
    image: textOf(c, 'image'),
    imageId: textOf(c, 'imageid'),
    imageRepository: textOf(c, 'imagerepo'),
    imageTag: textOf(c, 'imagetag'),
    imageDigest: textOf(c, 'imagedigest'),
    privileged: flagOf(c, 'privileged'),
    mounts: Array.isArray(c.Mounts) ? c.Mounts.flatMap(mountOf) : [],
    labels,
    env: words(c.env),
    user: textOf(c, 'User'),
    ip: textOf(c, 'ip'),
    createdAtNs:
      typeof created === 'number' && Number.isSafeInteger(created) ? BigInt(created) * 1_000_000_000n : 0n,
    hostPid: flagOf(c, 'host_pid'),
    hostNetwork: flagOf(c, 'host_network'),
    hostIpc: flagOf(c, 'host_ipc'),
    pod: podOf(labels),
  };
}
