import {
  buildMap,
  type Endpoint,
  edgeFacts,
  edgeKey,
  type Flow,
  type MapEdge,
  type MapNode,
  noCounters,
} from '@runward/flows';
import type { FlowEnd, NetworkMode } from '@runward/protocol';
import { AddressBook, containerEnd } from './address-book.js';
import type { RecordedFlow } from './recorded-flow.js';

/** What came of an edge, the worst first; `partly`: some connections were denied and some came to be. */
export const EDGE_VERDICTS = ['denied', 'partly', 'would-deny', 'allowed', 'learning', 'unjudged'] as const;
export type EdgeVerdict = (typeof EDGE_VERDICTS)[number];

export interface ClusterNode extends MapNode {
  readonly cluster: string;
}

export interface ClusterEdge
  extends Omit<MapEdge, 'open' | 'connectionRate' | 'failureRate' | 'byteRate' | 'path'> {
  readonly id: string;
  readonly cluster: string;
  readonly verdict: EdgeVerdict;
  /** The network sections of the policies at each end when it was told last; null: that end told nothing. */
  readonly clientMode: NetworkMode | null;
  readonly serverMode: NetworkMode | null;
  readonly firstMs: number;
  /** What it is made of. */
  readonly flows: readonly RecordedFlow[];
}

export interface ClusterMap {
  readonly nodes: readonly ClusterNode[];
  readonly edges: readonly ClusterEdge[];
}

interface Placed {
  readonly recorded: RecordedFlow;
  readonly flow: Flow;
}

/** Recorded flows as a map of services, cluster by cluster. Ids are those of one map with the cluster before them. */
export function clusterMap(flows: readonly RecordedFlow[]): ClusterMap {
  const book = new AddressBook(flows);
  const clusters = [...new Set(flows.map(({ cluster }) => cluster))].toSorted();
  const maps = clusters.map((cluster) => {
    const own = flows.filter((each) => each.cluster === cluster);
    return mapOf(
      cluster,
      own.map((recorded) => ({ recorded, flow: flowOf(recorded, book) })),
    );
  });
  return { nodes: maps.flatMap(({ nodes }) => nodes), edges: maps.flatMap(({ edges }) => edges) };
}

function mapOf(cluster: string, placed: readonly Placed[]): ClusterMap {
  const { nodes, edges } = buildMap(placed.map(({ flow }) => flow));
  const parts = Map.groupBy(placed, ({ flow }) => edgeKey(edgeFacts(flow)));
  const idOf = (id: string): string => `${cluster}/${id}`;
  return {
    nodes: nodes.map((node) => ({ ...node, cluster, id: idOf(node.id) })),
    edges: edges.map((edge) => edgeOf(edge, parts.get(edgeKey(edge)) ?? [], cluster, idOf)),
  };
}

function edgeOf(
  { open: _, connectionRate: _c, failureRate: _f, byteRate: _b, path: _p, ...edge }: MapEdge,
  placed: readonly Placed[],
  cluster: string,
  idOf: (id: string) => string,
): ClusterEdge {
  const flows = placed.map(({ recorded }) => recorded);
  const [client, server] = [idOf(edge.client), idOf(edge.server)];
  const [clientMode, serverMode] = [modeOf(flows, 'client'), modeOf(flows, 'server')];
  return {
    ...{ ...edge, cluster, client, server, clientMode, serverMode, flows },
    id: edgeKey({ ...edge, client, server }),
    verdict: verdictOf(edge, [clientMode, serverMode]),
    firstMs: Math.min(...flows.map(({ firstMs }) => firstMs)),
  };
}

function modeOf(flows: readonly RecordedFlow[], role: 'client' | 'server'): NetworkMode | null {
  const latest = flows.filter(({ body }) => body.role === role).toSorted((a, b) => b.lastMs - a.lastMs)[0];
  return latest?.body.mode ?? null;
}

function verdictOf(
  { policy, connections, failures }: Pick<MapEdge, 'policy' | 'connections' | 'failures'>,
  modes: readonly (NetworkMode | null)[],
): EdgeVerdict {
  const { allowed = 0, denied = 0, wouldDeny = 0 } = policy ?? {};
  if (denied > 0) return allowed > 0 || connections > failures ? 'partly' : 'denied';
  if (wouldDeny > 0) return 'would-deny';
  if (modes.includes('protect') || modes.includes('monitor')) return 'allowed';
  return modes.includes('learn') ? 'learning' : 'unjudged';
}

function flowOf({ cluster, node, body, sums, firstMs, lastMs }: RecordedFlow, book: AddressBook): Flow {
  const { role, protocol, port, self, peer } = body;
  const { connections, failures, refused, timedOut, unreachable, resets, bytesOut, bytesIn } = sums;
  const { allowed, denied, wouldDeny } = sums;
  const isJudged = body.mode === 'monitor' || body.mode === 'protect' || allowed + denied + wouldDeny > 0;
  const abandoned = Math.max(0, failures - refused - timedOut - unreachable);
  return {
    ...{ role, protocol, port, local: self.addresses[0] ?? '', remote: peer.addresses[0] ?? '' },
    ...{
      self: endOf(self, node, undefined),
      peer: serviceOf(body, endOf(peer, node, book.find(cluster, peer.addresses))),
    },
    ...{
      isMapped: false,
      isGuessed: false,
      isRaw: false,
      open: 0,
      firstSeenMs: firstMs,
      lastActiveMs: lastMs,
    },
    rates: { bytesOut: 0, bytesIn: 0, connections: 0, failures: 0 },
    policy: isJudged ? { allowed, denied, wouldDeny, lastDeniedMs: 0 } : undefined,
    counters: {
      ...noCounters(),
      ...{
        attempts: connections,
        refused,
        timedOut,
        unreachable,
        abandoned,
        resetsIn: resets,
        bytesOut,
        bytesIn,
      },
    },
  };
}

/** The port is the backend's already. */
function serviceOf({ services, port }: RecordedFlow['body'], end: Endpoint): Endpoint {
  const [first = ''] = services;
  const at = first.lastIndexOf(':');
  if (at < 0) return end;
  return { ...end, port, service: { address: first.slice(0, at), port: Number(first.slice(at + 1)) } };
}

function endOf(end: FlowEnd, node: string, owner: ReturnType<AddressBook['find']>): Endpoint {
  const { kind, name, names, addresses } = end;
  const [address = ''] = addresses;
  const container = containerEnd(end);
  if (container !== undefined) return { kind: 'container', name, address, container };
  if (owner !== undefined && kind === 'external') return { kind: 'container', address, ...owner };
  if (kind === 'host') return { kind: 'host', name: node, address };
  if (kind === 'others') return { kind: 'external', name: 'others', address: '' };
  return { kind: kind === 'container' ? 'external' : kind, name, address, names };
}
