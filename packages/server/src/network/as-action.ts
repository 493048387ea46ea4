import {
  type EffectivePolicy,
  type NetworkAction,
  type NetworkProtocol,
  nameFits,
  namesOfPeer,
  type Peer,
  peerKey,
  selects,
  type Workload,
} from '@runward/policy';
import type { FlowBody, FlowEnd } from '@runward/protocol';

type Container = NonNullable<FlowEnd['container']>;

/** What selectors look at, as a node told it. */
export const workloadOf = ({
  name,
  runtime,
  image,
  imageRepository,
  imageDigest,
  labels,
  pod,
}: Container): Workload => ({
  ...{ name, runtime, image, imageRepository, imageDigest, labels: new Map(Object.entries(labels)) },
  pod: pod === null ? undefined : { namespace: pod.namespace, labels: new Map(Object.entries(pod.labels)) },
});

const PROTOCOLS: Readonly<Record<string, NetworkProtocol>> = {
  ...{ tcp: 'tcp', udp: 'udp', sctp: 'sctp', icmp: 'icmp', icmpv6: 'icmp' },
};

/** Who the other end is, of the peers that lines of a policy name. */
export function peersOf(effective: EffectivePolicy, { self, peer }: FlowBody): readonly string[] {
  const lines = effective.sections.get('network')?.lines ?? [];
  const named = lines.flatMap(({ terms }) => (terms.kind === 'network' ? terms.line.peers : []));
  return [...new Set(named.filter((each) => isPeer(each, self, peer)).map(peerKey))];
}

function isPeer(named: Peer, self: FlowEnd, peer: FlowEnd): boolean {
  if (named.kind === 'workload') {
    const { podLabels, containerLabels, ...rest } = named.workload;
    const selector = {
      ...{ ...rest, digests: [], runtimes: [] },
      podLabels: new Map(Object.entries(podLabels)),
      containerLabels: new Map(Object.entries(containerLabels)),
    };
    // Containers of other nodes are nobody to a node that enforces.
    return peer.container !== null && selects(selector, workloadOf(peer.container));
  }
  if (named.kind === 'named' && named.name === 'host') return peer.kind === 'host';
  if (named.kind === 'named' && named.name === 'self')
    return peer.addresses.some((address) => self.addresses.includes(address));
  // The metadata service is known by its addresses; the rest by what name servers answered.
  return namesOfPeer(named).some((pattern) => peer.names.some((name) => nameFits(pattern, name)));
}

/**
 * What a container did to have such flows, as policies judge it, once for each address of the other end that is known. A flow is
 * denied when one of the steps is.
 */
export function stepsOf(effective: EffectivePolicy, body: FlowBody): readonly (readonly NetworkAction[])[] {
  const { role, protocol, port, self, peer } = body;
  const remote = peersOf(effective, body);
  const known = PROTOCOLS[protocol];
  const common = { kind: 'network', by: '', ...(known && { protocol: known }) } as const;
  const familyOf = (address: string): 'ipv4' | 'ipv6' => (address.includes(':') ? 'ipv6' : 'ipv4');
  return (peer.addresses.length === 0 ? [''] : peer.addresses).map((address) => {
    const family = familyOf(address || (self.addresses[0] ?? ''));
    const create = { ...common, operation: 'create', family } as const;
    const far = address === '' ? {} : { address };
    if (role === 'client') return [create, { ...common, operation: 'connect', family, ...far, port, remote }];
    const [own = ''] = self.addresses;
    const near = {
      ...common,
      family: familyOf(own || address),
      port,
      ...(own === '' ? {} : { address: own }),
    };
    return [
      create,
      { ...near, operation: 'bind' },
      ...(protocol === 'tcp' || protocol === 'sctp' ? [{ ...near, operation: 'listen' } as const] : []),
      { ...common, operation: 'accept', family, ...far, port, remote },
    ];
  });
}
