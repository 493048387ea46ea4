import type { PodInfo } from '@runward/events';

/** The kubelet labels every container it has made, through any runtime. */
const NAME = 'io.kubernetes.pod.name';
const NAMESPACE = 'io.kubernetes.pod.namespace';
const UID = 'io.kubernetes.pod.uid';

/** The pod a container's labels name, or undefined. Pod labels and address only the sandbox knows. */
export function podOfLabels(labels: ReadonlyMap<string, string>, sandboxId = ''): PodInfo | undefined {
  const name = labels.get(NAME);
  if (name === undefined) return undefined;
  const namespace = labels.get(NAMESPACE) ?? '';
  return { name, namespace, uid: labels.get(UID) ?? '', sandboxId, labels: new Map(), ip: '' };
}
