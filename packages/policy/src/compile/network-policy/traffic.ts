import type { Network } from '@runward/core';
import type { EffectiveLine } from '../../decide/effective.js';
import { familiesOf } from '../../decide/network.js';
import { networksOf } from '../../decide/peers.js';
import type {
  NetworkLine,
  NetworkOperation,
  NetworkProtocol,
  Peer,
  PortRange,
  WorkloadPeer,
} from '../../model/policy.js';
import type { Shortfalls } from '../export/exported.js';
import { socketTable } from '../export/socket-table.js';
import { defaultDenial, directionDenial, type ExportSubject, linesOf } from '../export/subject.js';
import { type Block, blocksOf, EVERYTHING, isIpv4, isLoopback, meet } from './networks.js';
import { covered, joined, pieces } from './ports.js';

/** Protocols a NetworkPolicy has words for; `other`: all else, which it allows only together with them. */
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Peers and the ports they may be spoken to on: one rule. */
export interface Traffic {
  readonly blocks: readonly Block[];
  /** Pods, besides. */
  readonly workloads: readonly WorkloadPeer[];
  readonly ports: readonly { readonly protocol: Protocol; readonly range: PortRange }[];
  /** Why, most telling first. */
  readonly lines: readonly EffectiveLine[];
}

interface Direction {
  readonly name: 'ingress' | 'egress';
  /** The operation that stands for traffic of a protocol. */
  readonly operation: (protocol: NetworkProtocol) => NetworkOperation;
  /** Whether the addresses of a line are those of the peer. */
  readonly addressed: boolean;
}

export const EGRESS: Direction = { name: 'egress', operation: () => 'connect', addressed: true };
/** A socket for datagrams receives once it is bound; the others have to listen. */
const LISTENING: Direction = {
  name: 'ingress',
  operation: (protocol) => (protocol === 'tcp' || protocol === 'sctp' ? 'listen' : 'bind'),
  addressed: false,
};

const ACCEPTING: Direction = { name: 'ingress', operation: () => 'accept', addressed: true };

/** Where a policy says who may connect, that decides; else whoever may where something listens. */
export const ingressOf = (subject: ExportSubject): Direction =>
  linesOf(subject, 'network').some(
    ({ terms }) =>
      (terms.kind === 'network' && terms.line.operation === 'accept') ||
      (terms.kind === 'direction' && terms.direction === 'ingress'),
  )
    ? ACCEPTING
    : LISTENING;

interface Rule {
  readonly line: EffectiveLine;
  readonly terms: NetworkLine;
}

/** What may be sent or received, as rules that do not overlap. */
export function trafficOf(
  subject: ExportSubject,
  direction: Direction,
  shortfalls: Shortfalls,
): readonly Traffic[] {
  const groups = new Map<
    string,
    Omit<Traffic, 'ports' | 'lines'> & { ports: Map<Protocol, PortRange[]>; lines: Set<EffectiveLine> }
  >();
  const sockets = socketTable(subject, shortfalls);
  for (const protocol of PROTOCOLS) {
    const name = PROTOCOL_NAMES[protocol];
    const rules = rulesOf(subject, direction, name, shortfalls);
    const may = (network: Network): boolean =>
      sockets.some(
        (kind) =>
          kind.allowed && kind.protocol === name && kind.family === (isIpv4(network) ? 'ipv4' : 'ipv6'),
      );
    for (const piece of pieces(rules.flatMap(({ terms }) => terms.ports))) {
      const here = rules.filter(({ terms }) => covered(piece, terms.ports));
      const { blocks, workloads, lines } = allowedHere(subject, direction, here, may);
      if (blocks.length === 0 && workloads.length === 0) continue;
      const key = JSON.stringify([blocks, workloads]);
      const group = groups.get(key) ?? { blocks, workloads, ports: new Map(), lines: new Set() };
      groups.set(key, group);
      group.ports.set(protocol, [...(group.ports.get(protocol) ?? []), piece]);
      for (const line of lines) group.lines.add(line);
    }
  }
  return [...groups.values()].map(({ blocks, workloads, ports, lines }) => ({
    ...{ blocks, workloads },
    ports: [...ports].flatMap(([protocol, ranges]) => joined(ranges).map((range) => ({ protocol, range }))),
    lines: [...lines],
  }));
}

const PROTOCOL_NAMES = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const satisfies Record<
  Protocol,
  NetworkProtocol
>;

function rulesOf(
  subject: ExportSubject,
  direction: Direction,
  protocol: NetworkProtocol,
  shortfalls: Shortfalls,
): readonly Rule[] {
  return linesOf(subject, 'network').flatMap((line): readonly Rule[] => {
    if (line.terms.kind !== 'network') return [];
    const terms = line.terms.line;
    if (terms.operation !== direction.operation(protocol)) return [];
    if (terms.protocols.length > 0 && !terms.protocols.includes(protocol)) return [];
    // About certain programs: told as wider by the table of sockets.
    if (line.verdict === 'deny' && terms.from.length > 0) return [];
    if (line.verdict === 'deny' && !direction.addressed && terms.cidrs.length > 0) {
      shortfalls.wider(line, 'on which of its own addresses a pod may be reached');
      return [];
    }
    reportPeers(line, terms, shortfalls);
    return [{ line, terms }];
  });
}

/** Pods have words in it, if they are not denied; other peers have none. */
function reportPeers(line: EffectiveLine, { peers }: NetworkLine, shortfalls: Shortfalls): void {
  if (line.verdict === 'deny' && peers.some((peer) => !isMetadata(peer)))
    shortfalls.wider(line, 'peers that are denied by anything else than their address');
  else if (peers.some((peer) => !isMetadata(peer) && !(peer.kind === 'workload' && isOfPods(peer.workload))))
    shortfalls.narrower(line, 'peers other than addresses and the labels and namespaces of pods');
}

const isMetadata = (peer: Peer): boolean => peer.kind === 'named' && peer.name === 'metadata';
const isOfPods = ({ images, containerNames, containerLabels, namespaces }: WorkloadPeer): boolean =>
  images.length + containerNames.length + Object.keys(containerLabels).length === 0 &&
  namespaces.every((name) => !/[*?[\]{}\\]/.test(name));

function allowedHere(
  subject: ExportSubject,
  { name, addressed }: Direction,
  rules: readonly Rule[],
  may: (network: Network) => boolean,
): Omit<Traffic, 'ports'> {
  const networks = ({ terms }: Rule): readonly Network[] => {
    const families = familiesOf(terms);
    const given = networksOf(terms);
    const written = given ?? [];
    const ofFamily = (network: Network): boolean =>
      families?.includes(isIpv4(network) ? 'ipv4' : 'ipv6') ?? true;
    const outside = written.filter((network) => !isLoopback(network));
    if (addressed && given !== undefined) return outside.filter(ofFamily);
    return written.length > 0 && outside.length === 0 ? [] : EVERYTHING.filter(ofFamily);
  };
  const of = (verdict: 'allow' | 'deny') => rules.filter(({ line }) => line.verdict === verdict);
  const open =
    (name === 'ingress' && addressed ? undefined : defaultDenial(subject, 'network')) === undefined &&
    directionDenial(subject, name) === undefined;
  const allows = of('allow').filter((rule) => networks(rule).some(may));
  const allowed = open ? EVERYTHING : allows.flatMap(networks);
  const denies = of('deny').filter((rule) =>
    networks(rule).some((network) => allowed.some((each) => meet(each, network))),
  );
  const denied = denies.flatMap(networks);
  const blocks = blocksOf(allowed.filter(may), denied);
  const pods = open
    ? []
    : of('allow').filter(({ terms }) => terms.peers.some((peer) => peer.kind === 'workload'));
  const workloads = pods.flatMap(({ terms }) =>
    terms.peers.flatMap((peer) =>
      peer.kind === 'workload' && isOfPods(peer.workload) ? [peer.workload] : [],
    ),
  );
  const lines = new Set([...(open ? [] : [...allows, ...pods]), ...denies].map(({ line }) => line));
  return { blocks, workloads, lines: [...lines] };
}
