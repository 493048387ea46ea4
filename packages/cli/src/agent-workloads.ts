import type { ControlClient } from '@runward/agent/control-client';
import type { Workload } from '@runward/policy';

/** A container the agent knows. */
export interface AgentWorkload {
  readonly id: string;
  readonly podName: string;
  readonly workload: Workload;
}

type Facts = Readonly<Record<string, unknown>>;

const isFacts = (value: unknown): value is Facts => typeof value === 'object' && value !== null;
const textOf = (facts: Facts, key: string): string => {
  const value = facts[key];
  return typeof value === 'string' ? value : '';
};
const labelsOf = (value: unknown): ReadonlyMap<string, string> =>
  new Map(
    isFacts(value) ? Object.entries(value).flatMap(([k, v]) => (typeof v === 'string' ? [[k, v]] : [])) : [],
  );

function workloadOf(entry: unknown): readonly AgentWorkload[] {
  const told = isFacts(entry) ? (entry.container ?? entry) : undefined;
  if (!isFacts(told) || textOf(told, 'id') === '') return [];
  const { pod } = told;
  return [
    {
      id: textOf(told, 'id'),
      podName: isFacts(pod) ? textOf(pod, 'name') : '',
      workload: {
        name: textOf(told, 'name'),
        runtime: textOf(told, 'runtime'),
        image: textOf(told, 'image'),
        imageRepository: textOf(told, 'imageRepository'),
        imageDigest: textOf(told, 'imageDigest'),
        labels: labelsOf(told.labels),
        pod: isFacts(pod) ? { namespace: textOf(pod, 'namespace'), labels: labelsOf(pod.labels) } : undefined,
      },
    },
  ];
}

/** The containers of the agent. @throws what {@link ControlClient.ask} throws */
export async function agentWorkloads(agent: ControlClient): Promise<readonly AgentWorkload[]> {
  const answer = await agent.ask('GET', '/v1/enforcement/containers');
  const list = isFacts(answer) ? answer.containers : undefined;
  return Array.isArray(list) ? list.flatMap(workloadOf) : [];
}

const MIN_ID = 6;

/**
 * Whether a container goes by a name: its own, the beginning of its id, its image, its pod, or what pods of a
 * Deployment, DaemonSet or StatefulSet are named after.
 */
export function goesBy({ id, podName, workload }: AgentWorkload, name: string): boolean {
  const { image, imageRepository, pod } = workload;
  const repository = imageRepository.split('/').at(-1);
  return (
    [id, workload.name, image, imageRepository, repository, podName].includes(name) ||
    (name.length >= MIN_ID && /^[0-9a-f]+$/.test(name) && id.startsWith(name)) ||
    `${pod?.namespace}/${podName}` === name ||
    (podName.startsWith(`${name}-`) && /^(?:-[a-z0-9]{1,10}){1,2}$/.test(podName.slice(name.length)))
  );
}
