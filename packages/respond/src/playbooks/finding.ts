import type { Workload } from '@runward/policy/model';
import type { FindingPriority } from './model.js';

/** A container as playbooks look at it. */
export interface FoundContainer extends Workload {
  readonly id: string;
  readonly podName: string;
  /** all; names: no labels; id: nothing else, since its runtime did not answer. */
  readonly known: 'all' | 'names' | 'id';
}

/** What a detection says to a playbook. */
export interface Finding {
  readonly rule: string;
  readonly priority: FindingPriority;
  readonly tags: readonly string[];
  readonly source: string;
  /** Wall clock. */
  readonly timeMs: number;
  /** How many detections it stands for. */
  readonly count: number;
  readonly container: FoundContainer;
  /** In the agent's pid namespace. */
  readonly pid: number;
}

const LABELS = ['app.kubernetes.io/name', 'app', 'k8s-app'];
const COMPOSE = 'com.docker.compose.service';
const COMPOSE_PROJECT = 'com.docker.compose.project';
/** What a Deployment or DaemonSet puts behind its own name. */
const GENERATED = /(?:-[a-z0-9]{6,10})?-[a-z0-9]{5}$/;

/** The workload whose replicas a container is one of; undefined where nothing says so. */
export function replicasOf({ pod, podName, labels, name }: FoundContainer): string | undefined {
  if (pod !== undefined) {
    const app = LABELS.map((label) => pod.labels.get(label)).find((value) => value !== undefined);
    const owner = app ?? (GENERATED.test(podName) ? podName.replace(GENERATED, '') : undefined);
    return owner === undefined ? undefined : `${pod.namespace}/${owner}/${name}`;
  }
  const service = labels.get(COMPOSE);
  return service === undefined ? undefined : `${labels.get(COMPOSE_PROJECT) ?? ''}/${service}`;
}

/** What counts as one workload where something spreads. */
export const workloadOf = (container: FoundContainer): string =>
  replicasOf(container) ??
  (container.pod === undefined
    ? container.name || container.id
    : `${container.pod.namespace}/${container.podName}`);
