import type { PodInfo } from '@runward/events';

/** Where a pod is named: the kubelet's labels on every container it has made, or containerd's annotations. */
const KEYS = {
  name: ['io.kubernetes.pod.name', 'io.kubernetes.cri.sandbox-name'],
  namespace: ['io.kubernetes.pod.namespace', 'io.kubernetes.cri.sandbox-namespace'],
  uid: ['io.kubernetes.pod.uid', 'io.kubernetes.cri.sandbox-uid'],
  sandboxId: ['io.kubernetes.cri.sandbox-id'],
} as const;

/**
 * The pod that a container's labels or annotations name, or undefined. Pod labels and address only the sandbox
 * knows.
 */
export function podOfLabels(labels: ReadonlyMap<string, string>, sandboxId = ''): PodInfo | undefined {
  const first = (keys: readonly string[]): string =>
    keys.map((key) => labels.get(key) ?? '').find((value) => value !== '') ?? '';
  const name = first(KEYS.name);
  if (name === '') return undefined;
  return {
    name,
    namespace: first(KEYS.namespace),
    uid: first(KEYS.uid),
    sandboxId: sandboxId === '' ? first(KEYS.sandboxId) : sandboxId,
    labels: new Map(),
    ip: '',
  };
}
