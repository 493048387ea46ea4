import type { Network } from '@runward/core';
import type { EffectiveLine } from '../../decide/effective.js';
import { familiesOf } from '../../decide/network.js';
import type { NetworkLine, NetworkOperation, NetworkProtocol, PortRange } from '../../model/policy.js';
import type { Shortfalls } from '../export/exported.js';
import { socketTable } from '../export/socket-table.js';
import { defaultDenial, type ExportSubject, linesOf } from '../export/subject.js';
import { type Block, blocksOf, EVERYTHING, isIpv4, isLoopback, meet, networksOf } from './networks.js';
import { covered, joined, pieces } from './ports.js';

/** Protocols a NetworkPolicy has words for; `other`: all else, which it allows only together with them. */
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Peers and the ports they may be spoken to on: one rule. */
export interface Traffic {
  readonly blocks: readonly Block[];
  readonly ports: readonly { readonly protocol: Protocol; readonly range: PortRange }[];
  /** Why, most telling first. */
  readonly lines: readonly EffectiveLine[];
}

interface Direction {
  /** The operation that stands for traffic of a protocol. */
  readonly operation: (protocol: NetworkProtocol) => NetworkOperation;
  /** Whether the addresses of a line are those of the peer. */
  readonly addressed: boolean;
}

export const EGRESS: Direction = { operation: () => 'connect', addressed: true };
/** A socket for datagrams receives once it is bound; the others have to listen. */
export const INGRESS: Direction = {
  operation: (protocol) => (protocol === 'tcp' || protocol === 'sctp' ? 'listen' : 'bind'),
  addressed: false,
};

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
    { blocks: readonly Block[]; ports: Map<Protocol, PortRange[]>; lines: Set<EffectiveLine> }
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
      const { blocks, lines } = allowedHere(subject, direction, here, may);
      if (blocks.length === 0) continue;
      const key = JSON.stringify(blocks);
      const group = groups.get(key) ?? { blocks, ports: new Map(), lines: new Set() };
      groups.set(key, group);
      group.ports.set(protocol, [...(group.ports.get(protocol) ?? []), piece]);
      for (const line of lines) group.lines.add(line);
    }
  }
  return [...groups.values()].map(({ blocks, ports, lines }) => ({
    blocks,
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
    return [{ line, terms }];
  });
}

function allowedHere(
  subject: ExportSubject,
  { addressed }: Direction,
  rules: readonly Rule[],
  may: (network: Network) => boolean,
): { readonly blocks: readonly Block[]; readonly lines: readonly EffectiveLine[] } {
  const networks = ({ terms }: Rule): readonly Network[] => {
    const families = familiesOf(terms);
    const written = networksOf(terms.cidrs);
    const ofFamily = (network: Network): boolean =>
      families?.includes(isIpv4(network) ? 'ipv4' : 'ipv6') ?? true;
    const outside = written.filter((network) => !isLoopback(network));
    if (addressed && written.length > 0) return outside.filter(ofFamily);
    return written.length > 0 && outside.length === 0 ? [] : EVERYTHING.filter(ofFamily);
  };
  const of = (verdict: 'allow' | 'deny') => rules.filter(({ line }) => line.verdict === verdict);
  const open = defaultDenial(subject, 'network') === undefined;
  const allows = of('allow').filter((rule) => networks(rule).some(may));
  const allowed = open ? EVERYTHING : allows.flatMap(networks);
  const denies = of('deny').filter((rule) =>
    networks(rule).some((network) => allowed.some((each) => meet(each, network))),
  );
  const denied = denies.flatMap(networks);
  const blocks = blocksOf(allowed.filter(may), denied);
  return { blocks, lines: [...(open ? [] : allows), ...denies].map(({ line }) => line) };
}
