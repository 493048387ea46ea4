/** What is the case on a node, as a server is told it. Loaded when the first look is taken. */

import type { Coverage } from '@runward/agent/policies';
import type { ContainerInfo } from '@runward/events';
import { type AddressSet, type Endpoint, FlowLedger, type FlowSummary, workloadName } from '@runward/flows';
import { FLOW_SUMS, type FlowBody, type FlowEnd, type FlowSum, type NetworkMode } from '@runward/protocol';
import type { News } from '@runward/uplink';
import { container } from './server-news.js';

export { FlowLedger };

/** How a container is covered by policies. */
export interface ContainerState extends Coverage {
  /** `learn start` was asked for it. */
  readonly learning: boolean;
}

export function coveredNews(info: ContainerInfo, state: ContainerState): News {
  const { body, ...rest } = container(info);
  const { name, pod } = info;
  return { ...rest, body: { ...body, event: 'running', workloadName: workloadName(name, pod), ...state } };
}

/** What is known of a container by its id. */
export type ContainerBook = (id: string) => ContainerInfo | undefined;

const MOST_LABELS = 64;
const MOST_LABEL = 512;
const MOST_NAMES = 8;
const cut = (text: string): string => text.slice(0, MOST_LABEL);

/** Labels of images and runtimes can be long: those that selectors could mean are short. */
const labelsOf = (labels: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries(
    [...labels]
      .filter(([name, value]) => name.length <= MOST_LABEL && value.length <= MOST_LABEL)
      .slice(0, MOST_LABELS),
  );

function containerOf(end: Endpoint, book: ContainerBook): FlowEnd['container'] {
  const { container } = end;
  if (container === undefined) return null;
  const known = book(container.id);
  const pod = known?.pod;
  const podLabels = pod === undefined ? {} : labelsOf(pod.labels);
  return {
    ...{ id: cut(container.id), name: cut(container.name), workload: cut(container.workload) },
    ...{ image: cut(container.image), runtime: known?.runtime ?? 'unknown' },
    ...{ imageRepository: cut(known?.imageRepository ?? ''), imageDigest: cut(known?.imageDigest ?? '') },
    labels: known === undefined ? {} : labelsOf(known.labels),
    pod:
      container.pod === undefined
        ? null
        : { name: cut(container.pod.name), namespace: cut(container.pod.namespace), labels: podLabels },
  };
}

const endOf = (end: Endpoint | undefined, addresses: AddressSet, book: ContainerBook): FlowEnd => ({
  ...{ kind: end?.kind ?? 'others', name: cut(end?.name ?? '') },
  names: (end?.names ?? []).slice(0, MOST_NAMES).map(cut),
  ...{ addresses: [...addresses.known], more: addresses.more },
  container: end === undefined ? null : containerOf(end, book),
});

function sumsOf({ counters, policy }: FlowSummary): FlowBody['sums'] {
  const { existing, attempts, established, refused, timedOut, unreachable, abandoned } = counters;
  const all: Readonly<Record<FlowSum, number>> = {
    connections: existing + Math.max(attempts, established),
    failures: refused + timedOut + unreachable + abandoned,
    ...{ refused, timedOut, unreachable, resets: counters.resetsIn + counters.resetsOut },
    ...{ bytesOut: counters.bytesOut, bytesIn: counters.bytesIn },
    ...{ allowed: policy?.allowed ?? 0, denied: policy?.denied ?? 0, wouldDeny: policy?.wouldDeny ?? 0 },
  };
  return Object.fromEntries(FLOW_SUMS.flatMap((name) => (all[name] > 0 ? [[name, all[name]]] : [])));
}

/** The other end in one word, by which records of the same traffic are found. */
function labelOf({ role, protocol, port, peer }: FlowSummary): string {
  if (peer === undefined) return `${role} others`;
  const name = peer.container?.workload ?? (peer.name || peer.address);
  return `${role} ${port === 0 ? protocol : `${protocol}/${port}`} ${peer.kind} ${name} ${peer.container?.name ?? ''}`.trim();
}

export interface FlowNewsContext {
  readonly fromMs: number;
  readonly toMs: number;
  readonly book: ContainerBook;
  readonly modeOf: (container: string) => NetworkMode;
}

export function flowNews(summary: FlowSummary, { fromMs, toMs, book, modeOf }: FlowNewsContext): News {
  const { role, protocol, port, self, peer, selfAddresses, peerAddresses, services, open } = summary;
  const container = self.container?.id ?? '';
  const body: FlowBody = {
    ...{ fromMs, toMs, role, protocol, port, services: services.map(cut), open },
    ...{ self: endOf(self, selfAddresses, book), peer: endOf(peer, peerAddresses, book) },
    ...{ mode: modeOf(container), sums: sumsOf(summary) },
  };
  return {
    ...{ kind: 'flow', timeMs: toMs, rule: labelOf(summary), container, body: { ...body } },
    namespace: self.container?.pod?.namespace ?? '',
    workload: self.container?.pod?.name ?? self.name,
  };
}
