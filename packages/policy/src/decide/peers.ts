import { type Network, parseNetwork, type SourceSpan } from '@runward/core';
import type { NetworkLine, Peer } from '../model/policy.js';
import type { Direction } from './effective.js';
import { minus } from './prefixes.js';

/** Of clouds; the second is that of AWS over IPv6. */
const METADATA = ['169.254.169.254', 'fd00:ec2::254'] as const;
const EVERYTHING = ['0.0.0.0/0', '::/0'] as const;
const LOOPBACK = ['127.0.0.0/8', '::1'] as const;

/** A peer as one text: equal peers, equal keys. */
export function peerKey(peer: Peer): string {
  switch (peer.kind) {
    case 'named':
      return peer.name;
    case 'name':
      return `name ${peer.pattern}`;
    case 'service':
      return `service ${peer.namespace}/${peer.name}`;
    case 'workload': {
      const { namespaces, podLabels, containerLabels, images, containerNames } = peer.workload;
      const parts = {
        ...{ namespaces, images, containerNames },
        ...{ podLabels: sorted(podLabels), containerLabels: sorted(containerLabels) },
      };
      const said = Object.entries(parts).filter(([, list]) => list.length > 0);
      return `workload ${said.map(([name, list]) => `${name} ${list.join(', ')}`).join('; ')}`.trim();
    }
  }
}

const sorted = (labels: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort();

const CLUSTER_DOMAIN = 'cluster.local';

/** Names of name servers' answers by which a peer is known; patterns as in a `name` peer. */
export function namesOfPeer(peer: Peer): readonly string[] {
  if (peer.kind === 'name') return [peer.pattern];
  if (peer.kind === 'service') return [`${peer.name}.${peer.namespace}.svc.${CLUSTER_DOMAIN}`];
  if (peer.kind === 'named' && peer.name === 'kubernetes-api')
    return [`kubernetes.default.svc.${CLUSTER_DOMAIN}`];
  return [];
}

/** Each pattern once. */
export const namesOf = ({ peers }: Pick<NetworkLine, 'peers'>): readonly string[] => [
  ...new Set(peers.flatMap(namesOfPeer)),
];

/** Whether a name is one of a pattern's: `*.example.com` is every name below it, not itself. */
export function nameFits(pattern: string, name: string): boolean {
  const plain = name.toLowerCase().replace(/\.$/, '');
  return pattern.startsWith('*.')
    ? plain.length > pattern.length - 1 && plain.endsWith(pattern.slice(1))
    : plain === pattern;
}

/** The addresses a line is about, as networks that do not overlap its exceptions; undefined: any. */
export function networksOf(line: NetworkLine): readonly Network[] | undefined {
  const { cidrs, except, peers, resolved = [] } = line;
  if (cidrs.length === 0 && peers.length === 0 && except.length === 0) return undefined;
  const isAny = cidrs.length === 0 && peers.length === 0;
  const fixed = peers.some((peer) => peer.kind === 'named' && peer.name === 'metadata') ? METADATA : [];
  const within = isAny ? EVERYTHING : [...cidrs, ...fixed, ...resolved];
  return minus(within.flatMap(toNetwork), except.flatMap(toNetwork));
}

const toNetwork = (cidr: string): Network[] => {
  const network = parseNetwork(cidr);
  return network === undefined ? [] : [network];
};

/** What `ingress: deny` and `egress: deny` are about: everything but what stays within the container's own network. */
export const directionLine = (direction: Direction, span: SourceSpan): NetworkLine => ({
  ...{
    operation: direction === 'egress' ? 'connect' : 'accept',
    families: [],
    protocols: [],
    cidrs: EVERYTHING,
  },
  ...{ except: LOOPBACK, peers: [], ports: [], from: [], span, comment: '' },
});
