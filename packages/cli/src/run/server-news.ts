/** What happens on a node, as its server is told it. */
import type { Detection } from '@runward/agent';
import type { Attestation } from '@runward/attest';
import type { ContainerInfo } from '@runward/events';
import type { Incident } from '@runward/incidents';
import type { ResponseRecord } from '@runward/respond';
import type { News } from '@runward/uplink';

/** Of one container; a record has to stay small. */
const MOST_TOLD = 200;

const body = (value: object): News['body'] => ({ ...value });
const msOf = (time: string): number => {
  const ms = Date.parse(time.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isFinite(ms) ? ms : Date.now();
};

export const detection = (detection: Detection): News => {
  const { time, rule, priority, source, container, incident = '' } = detection;
  return {
    kind: source === 'policy' ? 'verdict' : 'detection',
    ...{ timeMs: msOf(time), rule, priority, incident, body: body(detection) },
    namespace: container?.namespace ?? '',
    workload: container === null ? '' : container.pod || container.name,
    container: container?.id ?? '',
  };
};

/** Who may see it is told by where it is: what is in several places belongs to those who see them all. */
const theOnly = (names: readonly string[]): string => (new Set(names).size === 1 ? (names[0] ?? '') : '');

export const incident = (incident: Incident): News => ({
  ...{ kind: 'incident', timeMs: incident.lastMs, incident: incident.id, priority: incident.severity },
  namespace: theOnly(incident.containers.map(({ namespace }) => namespace)),
  ...{ workload: theOnly(incident.workloads), container: incident.containers[0]?.id ?? '' },
  ...{ rule: incident.rules[0]?.rule ?? '', body: body(incident) },
});

/** How a container stands to what was approved: what the configuration itself says stays on the node. */
export const attestation = (
  {
    container,
    name,
    workload,
    image,
    state,
    score,
    observation,
    approval,
    differences,
    findings,
  }: Attestation,
  { pod, imageDigest }: ContainerInfo,
): News => ({
  ...{ kind: 'attestation', timeMs: Date.now(), container, namespace: pod?.namespace ?? '' },
  workload: pod?.name ?? name,
  body: body({
    ...{ container, name, workload, image, imageDigest, state, score, digest: observation.digest, approval },
    differences: differences.slice(0, MOST_TOLD),
    findings: findings.slice(0, MOST_TOLD),
  }),
});

export const attestationEnd = ({ id, name, pod }: ContainerInfo): News => ({
  ...{ kind: 'attestation', timeMs: Date.now(), container: id, namespace: pod?.namespace ?? '' },
  ...{ workload: pod?.name ?? name, body: { container: id, state: 'ended' } },
});

export const response = (record: ResponseRecord): News => {
  const { id, name, pod } = record.target;
  const [namespace = '', podName = ''] = pod.split('/');
  return {
    ...{ kind: 'response', timeMs: msOf(record.undone?.at ?? record.endedAt ?? record.beganAt) },
    ...{ namespace, workload: podName || name, container: id, body: body(record) },
  };
};

export const container = ({
  id,
  name,
  runtime,
  image,
  imageDigest,
  privileged,
  pod,
  hostNetwork,
  hostPid,
  startedAtNs,
}: ContainerInfo): News => ({
  ...{ kind: 'container', timeMs: Date.now(), container: id },
  ...{ workload: pod?.name ?? name, namespace: pod?.namespace ?? '' },
  body: {
    ...{ event: 'met', id, name, runtime, image, imageDigest, privileged: privileged ?? null },
    ...{ hostNetwork: hostNetwork ?? null, hostPid: hostPid ?? null },
    ...{ pod: pod?.name ?? '', namespace: pod?.namespace ?? '' },
    ...(startedAtNs > 0n ? { startedMs: Number(startedAtNs / 1_000_000n) } : {}),
  },
});

export const containerEnd = ({ id, name, pod }: ContainerInfo): News => ({
  ...{ kind: 'container', timeMs: Date.now(), container: id, body: { event: 'ended', id, name } },
  ...{ workload: pod?.name ?? name, namespace: pod?.namespace ?? '' },
});

export const health = (report: object): News => ({ kind: 'health', timeMs: Date.now(), body: body(report) });

export const earlyGap = (count: number): News => ({
  kind: 'gap',
  timeMs: Date.now(),
  body: { where: 'before this machine was a node', why: 'no room in memory', lost: { any: count } },
});
