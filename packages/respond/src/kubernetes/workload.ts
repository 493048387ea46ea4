import { RespondError } from '../error.js';
import type { KubernetesObject, OwnerReference } from './kubernetes-api.js';
import { workloadPath } from './paths.js';
import { type PodAtHand, podOf } from './pod-of.js';

const controllerOf = ({ metadata }: KubernetesObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);

/**
 * The workload of a pod that has replicas: a ReplicaSet follows its Deployment.
 *
 * @throws RespondError RESPOND_REFUSED, RESPOND_VANISHED
 */
export async function scalablePath(pod: PodAtHand): Promise<string> {
  const owner = controllerOf(await podOf(pod));
  const path = owner && workloadPath(pod.namespace, owner.kind, owner.name);
  if (owner === undefined || path === undefined)
    throw new RespondError(
      'RESPOND_REFUSED',
      owner === undefined
        ? `nothing controls the pod at ${pod.path}`
        : `a ${owner.kind} has no replicas to set`,
      { help: 'Deployments, StatefulSets and ReplicaSets have; `delete-pod` ends this one' },
    );
  if (owner.kind !== 'ReplicaSet') return path;
  const set = await pod.api.get(path);
  const above = set && controllerOf(set);
  return (above && workloadPath(pod.namespace, above.kind, above.name)) ?? path;
}
