import type { NetworkLine, Peer, WorkloadPeer } from '../model/policy.js';
import { digestOf } from './digest.js';
import type { EffectiveLine, EffectivePolicy, EffectiveSection } from './effective.js';

/** Who has which addresses now, as one machine knows it, for one container. */
export interface PeerBook {
  /** The container's own. */
  readonly self: readonly string[];
  readonly host: readonly string[];
  /** Of the API server, as the container was told at its creation; empty: it was not. */
  readonly kubernetesApi: readonly string[];
  readonly workload: (peer: WorkloadPeer) => readonly string[];
}

const needsBook = (peer: Peer): boolean =>
  peer.kind === 'workload' || (peer.kind === 'named' && peer.name !== 'metadata');

/** Whether a policy has lines that mean other addresses on other machines, or at other times. */
export const asksForPeers = ({ lines }: EffectivePolicy): boolean =>
  lines.some(({ terms }) => terms.kind === 'network' && terms.line.peers.some(needsBook));

/**
 * The same policy, with the addresses of its peers in its lines. Another answer of the book is another policy: its id
 * says which addresses it has. Lines keep their numbers.
 */
export function resolvePeers(effective: EffectivePolicy, book: PeerBook): EffectivePolicy {
  const network = effective.sections.get('network');
  if (network === undefined || !asksForPeers(effective)) return effective;
  const resolved = new Map(
    network.lines.flatMap((line): (readonly [number, EffectiveLine])[] =>
      line.terms.kind === 'network' && line.terms.line.peers.some(needsBook)
        ? [[line.id, { ...line, terms: { kind: 'network', line: resolveLine(line.terms.line, book) } }]]
        : [],
    ),
  );
  const replaced = (line: EffectiveLine): EffectiveLine => resolved.get(line.id) ?? line;
  const section: EffectiveSection = { ...network, lines: network.lines.map(replaced) };
  const sections = new Map(effective.sections).set('network', section);
  return Object.freeze({
    ...effective,
    id: digestOf(sections),
    sections,
    lines: effective.lines.map(replaced),
  });
}

function resolveLine(line: NetworkLine, book: PeerBook): NetworkLine {
  const addresses = line.peers.flatMap((peer) => addressesOf(peer, book));
  return { ...line, resolved: [...new Set(addresses)].sort() };
}

function addressesOf(peer: Peer, book: PeerBook): readonly string[] {
  if (peer.kind === 'workload') return book.workload(peer.workload);
  if (peer.kind !== 'named') return [];
  switch (peer.name) {
    case 'self':
      return book.self;
    case 'host':
      return book.host;
    case 'kubernetes-api':
      return book.kubernetesApi;
    case 'metadata':
      return [];
  }
}
