import { addCounters, type FlowCounters, failuresOf, noCounters } from './counters.js';
import { type Endpoint, type EndpointKind, nodeOf } from './endpoint.js';
import type { Flow, UnixLink } from './flow.js';
import { addPolicy, joinPolicy, type PolicyCounts } from './verdict-book.js';

export interface MapNode {
  readonly id: string;
  readonly label: string;
  readonly kind: EndpointKind;
  /** Names of its containers. */
  readonly containers: readonly string[];
  readonly images: readonly string[];
  readonly namespace: string;
  /** Ports others reach it at. */
  readonly serves: readonly string[];
}

/** Everything between two nodes at one port. Counted at the client's end, where that is on this machine. */
export interface MapEdge {
  readonly client: string;
  readonly server: string;
  /** As flows have it, or `unix`. */
  readonly protocol: string;
  readonly port: number;
  /** Of a unix socket. */
  readonly path?: string | undefined;
  /** Addresses and ports the client meant, where they were translated. */
  readonly services: readonly string[];
  readonly seenBy: 'client' | 'server' | 'both';
  readonly connections: number;
  readonly open: number;
  readonly failures: number;
  readonly refused: number;
  readonly timedOut: number;
  readonly unreachable: number;
  readonly resets: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** Per second. */
  readonly connectionRate: number;
  readonly failureRate: number;
  readonly byteRate: number;
  /** undefined: no policy judged any of it. */
  readonly policy?: Readonly<PolicyCounts> | undefined;
  readonly lastActiveMs: number;
}

export interface ServiceMap {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

interface NodeSum {
  readonly node: { readonly id: string; readonly label: string; readonly kind: EndpointKind };
  readonly containers: Set<string>;
  readonly images: Set<string>;
  readonly serves: Set<string>;
  namespace: string;
}

interface SideSum {
  readonly counters: FlowCounters;
  flows: number;
  open: number;
  connectionRate: number;
  failureRate: number;
  byteRate: number;
  policy: PolicyCounts | undefined;
}

interface EdgeSum {
  readonly facts: { client: string; server: string; protocol: string; port: number };
  readonly client: SideSum;
  readonly server: SideSum;
  readonly services: Set<string>;
  lastActiveMs: number;
}

/** Adds flows up by workload. */
export function buildMap(flows: Iterable<Flow>, unix: readonly UnixLink[] = []): ServiceMap {
  const nodes = new Map<string, NodeSum>();
  const edges = new Map<string, EdgeSum>();
  for (const flow of flows) addFlow(flow, nodes, edges);
  const links = unix.map((link) => unixEdge(link, nodes));
  const found = [...edges.values()].map(edgeOf).concat(links);
  return {
    nodes: [...nodes.values()].map(nodeFrom).toSorted(byText(({ id }) => id)),
    edges: found.toSorted(byText((e) => `${e.client} ${e.server} ${e.protocol} ${e.port} ${e.path ?? ''}`)),
  };
}

const byText =
  <T>(text: (item: T) => string) =>
  (a: T, b: T): number =>
    text(a) < text(b) ? -1 : 1;

/** The edge of the map that a flow is part of. */
export function edgeFacts(flow: Flow): Pick<MapEdge, 'client' | 'server' | 'protocol' | 'port'> {
  const [client, server] = flow.role === 'client' ? [flow.self, flow.peer] : [flow.peer, flow.self];
  // Where a service led to one backend, the flow is its; the backend's own view has its own port.
  const isBackends = flow.role === 'client' && flow.peer.service !== undefined;
  const port = isBackends ? backendPort(flow) : flow.port;
  return { client: nodeOf(client).id, server: nodeOf(server).id, protocol: flow.protocol, port };
}

export const edgeKey = ({ client, server, protocol, port }: ReturnType<typeof edgeFacts>): string =>
  `${client} ${server} ${protocol} ${port}`;

function addFlow(flow: Flow, nodes: Map<string, NodeSum>, edges: Map<string, EdgeSum>): void {
  const [client, server] = flow.role === 'client' ? [flow.self, flow.peer] : [flow.peer, flow.self];
  meet(client, nodes);
  const to = meet(server, nodes);
  const { service } = flow.peer;
  const facts = edgeFacts(flow);
  to.serves.add(facts.port === 0 ? flow.protocol : `${flow.protocol}/${facts.port}`);
  const key = edgeKey(facts);
  const edge = edges.get(key) ?? newEdge(facts);
  edges.set(key, edge);
  if (service !== undefined) edge.services.add(`${service.address}:${service.port}`);
  const side = edge[flow.role];
  addCounters(side.counters, flow.counters);
  side.flows += 1;
  side.open += flow.open;
  side.connectionRate += flow.rates.connections;
  side.failureRate += flow.rates.failures;
  side.byteRate += flow.rates.bytesIn + flow.rates.bytesOut;
  side.policy = addPolicy(side.policy, flow.policy);
  edge.lastActiveMs = Math.max(edge.lastActiveMs, flow.lastActiveMs);
}

const backendPort = ({ peer, port }: Flow): number => peer.port ?? port;

function meet(end: Endpoint, nodes: Map<string, NodeSum>): NodeSum {
  const { id, label } = nodeOf(end);
  const known = nodes.get(id);
  const sum = known ?? {
    node: { id, label, kind: end.kind },
    ...{ containers: new Set<string>(), images: new Set<string>(), serves: new Set<string>(), namespace: '' },
  };
  if (known === undefined) nodes.set(id, sum);
  if (end.container !== undefined) {
    sum.containers.add(end.container.name);
    if (end.container.image !== '') sum.images.add(end.container.image);
    sum.namespace = end.container.pod?.namespace ?? '';
  }
  return sum;
}

const nodeFrom = ({ node, containers, images, serves, namespace }: NodeSum): MapNode => ({
  ...node,
  ...{ containers: [...containers].toSorted(), images: [...images].toSorted(), namespace },
  serves: [...serves].toSorted(),
});

const newSide = (): SideSum => ({
  counters: noCounters(),
  ...{ flows: 0, open: 0, connectionRate: 0, failureRate: 0, byteRate: 0, policy: undefined },
});
const newEdge = (facts: EdgeSum['facts']): EdgeSum => ({
  ...{ facts, client: newSide(), server: newSide(), services: new Set<string>(), lastActiveMs: 0 },
});

function edgeOf({ facts, client, server, services, lastActiveMs }: EdgeSum): MapEdge {
  // The client knows of what was never answered; both know of the rest.
  const side = client.flows > 0 ? client : server;
  const { counters } = side;
  const isClients = side === client;
  return {
    ...facts,
    services: [...services].toSorted(),
    seenBy: client.flows === 0 ? 'server' : server.flows === 0 ? 'client' : 'both',
    connections: counters.existing + Math.max(counters.attempts, counters.established),
    open: side.open,
    failures: failuresOf(counters),
    refused: counters.refused,
    timedOut: counters.timedOut,
    unreachable: counters.unreachable,
    resets: counters.resetsIn + counters.resetsOut,
    bytesToServer: isClients ? counters.bytesOut : counters.bytesIn,
    bytesToClient: isClients ? counters.bytesIn : counters.bytesOut,
    connectionRate: side.connectionRate,
    failureRate: side.failureRate,
    byteRate: side.byteRate,
    policy: joinPolicy(client.policy, server.policy),
    lastActiveMs,
  };
}

function unixEdge({ client, server, path, open }: UnixLink, nodes: Map<string, NodeSum>): MapEdge {
  const from = meet(client, nodes);
  const to = meet(server, nodes);
  to.serves.add(`unix ${path}`);
  return {
    ...{ client: from.node.id, server: to.node.id, protocol: 'unix', port: 0, path },
    ...{ services: [], seenBy: 'both', connections: open, open },
    ...{ failures: 0, refused: 0, timedOut: 0, unreachable: 0, resets: 0 },
    ...{
      bytesToServer: 0,
      bytesToClient: 0,
      connectionRate: 0,
      failureRate: 0,
      byteRate: 0,
      lastActiveMs: 0,
    },
  };
}
