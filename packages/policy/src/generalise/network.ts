import { inNetwork, parseAddress, parseNetwork } from '@runward/core';
import { NETWORK_PROTOCOLS } from '../model/policy.js';
import type { NetworkObservation, WorkloadProfile } from '../profile/profile.js';
import type { Observed, PlannedLine, Reason } from './planned-line.js';
import type { PlannedSection } from './policy-text.js';
import { flowList } from './quote.js';

/** Ports the kernel gives to who asks for none (net.ipv4.ip_local_port_range); 0 is asking. */
const EPHEMERAL_FIRST = 32_768;
const EPHEMERAL_LAST = 60_999;
/** So many addresses of one /24 (IPv6: /64) for one port are that network. */
const ENOUGH_PEERS = 4;
/** So many ports of that range on one side are any of them. */
const ENOUGH_PORTS = 8;

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map((cidr) => ({ cidr, network: parseNetwork(cidr) }));
const isInet = ({ family }: NetworkObservation): boolean => family === 'ipv4' || family === 'ipv6';

/** Sockets and peers. What a policy has no word for (names of unix sockets) is in the comments. */
export function planNetwork(profile: WorkloadProfile): PlannedSection {
  const { network } = profile;
  const ingress = ingressOf(profile);
  const inet = network.filter(isInet);
  const others = network.filter((seen) => !isInet(seen));
  return {
    settings: [
      { key: 'default', value: 'deny', why: 'every connection and socket that no line names' },
      ...(ingress === undefined ? [] : [{ key: 'ingress', value: 'deny', why: ingress.why }]),
    ],
    lines: [
      ...groups(
        network.filter(({ operation }) => operation === 'create'),
        ({ family }) => family,
      ).map(planCreate),
      ...groups(
        inet.filter(({ operation }) => operation === 'connect'),
        peerKind,
      ).flatMap(planPeers),
      ...groups(
        inet.filter(({ operation }) => operation === 'bind' || operation === 'listen'),
        localKind,
      ).map(planLocal),
      ...(ingress === undefined ? [] : ingress.seen.flatMap(planAccepting)),
      ...(ingress === undefined ? [] : groups(ingress.datagrams, localKind).map(planDatagrams)),
      ...groups(
        others.filter(({ operation }) => operation !== 'create' && operation !== 'accept'),
        ({ operation, family }) => `${operation} ${family}`,
      ).map(planOther),
    ],
  };
}

type Group = readonly NetworkObservation[];

/** So many connections from elsewhere, over so long, show who connects. */
const ENOUGH_ACCEPTED = 20;
const ENOUGH_WATCHED_MS = 10 * 60_000;

interface Ingress {
  readonly why: string;
  /** What was accepted from elsewhere, by what a line can be about. */
  readonly seen: readonly Group[];
  /** Ports that take datagrams, of which nobody tells from whom. */
  readonly datagrams: Group;
}

/**
 * Who connected; undefined where too little was seen to deny everybody else, or where a raw socket takes what nothing
 * tells of.
 */
function ingressOf({ network, coverage }: WorkloadProfile): Ingress | undefined {
  const accepted = network.filter(
    (seen) => isInet(seen) && seen.operation === 'accept' && !isLoopback(seen.address),
  );
  const total = accepted.reduce((sum, { count }) => sum + count, 0);
  const takesAll = network.some(({ protocol, family }) => protocol === 'raw' || family === 'packet');
  if (takesAll || total < ENOUGH_ACCEPTED || coverage.watchedMs < ENOUGH_WATCHED_MS) return undefined;
  const isBound = ({ operation, protocol, port, address }: NetworkObservation): boolean =>
    operation === 'bind' && protocol !== 'tcp' && !isEphemeral(port) && !isLoopback(address);
  return {
    why: `connections from elsewhere that no line names: ${total} were seen`,
    seen: groups(accepted, (seen) => `${addressFamily(seen)} ${seen.protocol} ${pad(seen.port)}`),
    datagrams: network.filter((seen) => isInet(seen) && isBound(seen)),
  };
}

/** An IPv4 peer of an IPv6 socket is one of IPv4. */
const addressFamily = ({ address, family }: NetworkObservation): string =>
  address === '' ? family : address.includes(':') ? 'ipv6' : 'ipv4';

function planAccepting(seen: Group): readonly PlannedLine[] {
  const { port } = first(seen);
  const terms = { operation: 'accept', protocols: protocolsOf(seen), ports: [`${port}`] };
  if (seen.some(({ address }) => address === ''))
    return [
      line({ ...terms, family: 'ipv4, ipv6' }, seen, 'peers', 'more addresses than can be told apart: any'),
    ];
  const { cidrs, widened } = peerCidrs(seen);
  const note = widened
    ? 'several addresses of one network'
    : 'by address: where they move, name the workload';
  return [
    line({ ...terms, family: addressFamily(first(seen)), cidrs }, seen, widened ? 'peers' : 'exact', note),
  ];
}

function planDatagrams(seen: Group): PlannedLine {
  const { port } = first(seen);
  const terms = {
    operation: 'accept',
    family: 'ipv4, ipv6',
    protocols: protocolsOf(seen),
    ports: [`${port}`],
  };
  return line(terms, seen, 'peers', 'datagrams, of which accepting tells nothing: from anybody');
}

/** By key, in the order of the keys. */
function groups(seen: Group, keyOf: (one: NetworkObservation) => string): readonly Group[] {
  const found = new Map<string, NetworkObservation[]>();
  for (const one of seen) found.set(keyOf(one), [...(found.get(keyOf(one)) ?? []), one]);
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

const pad = (port: number): string => `${port}`.padStart(5, '0');
const peerKind = ({ family, protocol, port }: NetworkObservation): string =>
  `${family} ${protocol} ${pad(port)}`;
const isEphemeral = (port: number): boolean => port === 0 || port >= EPHEMERAL_FIRST;
const localKind = ({ operation, family, protocol, port, address }: NetworkObservation): string =>
  `${operation} ${family} ${protocol} ${isEphemeral(port) ? 'any' : pad(port)} ${isLoopback(address) ? 'lo' : 'all'}`;

interface Terms {
  readonly operation: string;
  readonly family: string;
  readonly protocols: readonly string[];
  readonly cidrs?: readonly string[];
  readonly ports?: readonly string[];
}

function line(terms: Terms, seen: Group, reason: Reason, note: string): PlannedLine {
  const { operation, family, protocols, cidrs = [], ports = [] } = terms;
  const parts = [
    `operation: ${operation}`,
    `families: [${family}]`,
    ...(protocols.length === 0 ? [] : [`protocols: ${flowList(protocols)}`]),
    ...(cidrs.length === 0 ? [] : [`cidrs: ${flowList(cidrs)}`]),
    ...(ports.length === 0 ? [] : [`ports: [${ports.join(', ')}]`]),
  ];
  const subject = [operation, family, ...protocols, ...cidrs, ...ports].join(' ');
  return {
    ...{ verdict: 'allow', yaml: `{ ${parts.join(', ')} }`, subject, reason, note },
    observations: seen.map(observed),
  };
}

/** Empty: any. One that has no name in policies cannot be told apart. */
function protocolsOf(seen: Group): readonly string[] {
  if (seen.some(({ protocol }) => protocol === 'other')) return [];
  return NETWORK_PROTOCOLS.filter((name) => seen.some(({ protocol }) => protocol === name));
}

const first = (seen: Group): NetworkObservation => {
  const [one] = seen;
  if (one === undefined) throw new RangeError('a group of nothing');
  return one;
};

function planCreate(seen: Group): PlannedLine {
  const { family } = first(seen);
  return line({ operation: 'create', family, protocols: protocolsOf(seen) }, seen, 'exact', '');
}

function planOther(seen: Group): PlannedLine {
  const { operation, family } = first(seen);
  return line({ operation, family, protocols: [] }, seen, 'exact', '');
}

function planPeers(seen: Group): readonly PlannedLine[] {
  const { family, port } = first(seen);
  const terms = { operation: 'connect', family, protocols: protocolsOf(seen), ports: [`${port}`] };
  if (seen.some(({ address }) => address === ''))
    return [line(terms, seen, 'peers', 'more addresses than can be told apart: any')];
  const loopback = seen.filter(({ address }) => isLoopback(address));
  const peers = seen.filter(({ address }) => !isLoopback(address));
  const lines: PlannedLine[] = [];
  if (loopback.length > 0) {
    const cidrs = [
      ...new Set(loopback.map(({ address }) => loopbackOf(address) ?? hostCidr(address))),
    ].sort();
    lines.push(line({ ...terms, cidrs }, loopback, 'peers', 'the container itself'));
  }
  const { cidrs, widened } = peerCidrs(peers);
  if (cidrs.length > 0) {
    const names = [...new Set(peers.flatMap((peer) => peer.names))].sort();
    const notes = [
      ...(widened ? ['several addresses of one network'] : []),
      ...(names.length === 0 ? [] : [`known as ${names.join(', ')}: its addresses may change`]),
    ];
    lines.push(line({ ...terms, cidrs }, peers, widened ? 'peers' : 'exact', notes.join('; ')));
  }
  return lines;
}

/** Addresses one by one, and networks where enough of one are there. */
function peerCidrs(peers: Group): { readonly cidrs: readonly string[]; readonly widened: boolean } {
  const byNetwork = new Map<string, Set<string>>();
  for (const { address } of peers) {
    const network = networkOf(address);
    byNetwork.set(network, (byNetwork.get(network) ?? new Set()).add(address));
  }
  let widened = false;
  const cidrs = [...byNetwork].flatMap(([network, addresses]) => {
    if (addresses.size < ENOUGH_PEERS) return [...addresses].map(hostCidr);
    widened = true;
    return [network];
  });
  return { cidrs: cidrs.sort(), widened };
}

const hostCidr = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

function networkOf(address: string): string {
  if (!address.includes(':')) return `${address.split('.').slice(0, 3).join('.')}.0/24`;
  const words = parseAddress(address);
  // An address that is none stands for itself, and is found wrong when the text is read.
  if (words === undefined || words.length === 1) return hostCidr(address);
  const groups16 = words.slice(0, 2).flatMap((word) => [word >>> 16, word & 0xffff]);
  return `${groups16.map((group) => group.toString(16)).join(':')}::/64`;
}

function loopbackOf(address: string): string | undefined {
  const words = parseAddress(address);
  if (words === undefined) return undefined;
  return LOOPBACK.find(({ network }) => network !== undefined && inNetwork(words, network))?.cidr;
}
const isLoopback = (address: string): boolean => loopbackOf(address) !== undefined;

/** Binding to one address of its own says nothing of the next replica: only loopback is kept to. */
function planLocal(seen: Group): PlannedLine {
  const { operation, family, port, address } = first(seen);
  const cidr = loopbackOf(address);
  const cidrs =
    cidr === undefined ? [] : [...new Set(seen.flatMap((one) => loopbackOf(one.address) ?? []))].sort();
  const terms = { operation, family, protocols: protocolsOf(seen), cidrs };
  if (!isEphemeral(port)) return line({ ...terms, ports: [`${port}`] }, seen, 'exact', '');
  const last = Math.max(EPHEMERAL_LAST, ...seen.map((one) => one.port));
  const few = new Set(seen.map((one) => one.port)).size < ENOUGH_PORTS;
  const note = few ? 'a port the kernel chose' : 'ports the kernel chose';
  return line({ ...terms, ports: ['0', `${EPHEMERAL_FIRST}-${last}`] }, seen, 'ports', note);
}

const observed = ({
  operation,
  family,
  protocol,
  address,
  port,
  by,
  ...seen
}: NetworkObservation): Observed => ({
  what: [operation, family, ...(protocol === 'other' ? [] : [protocol]), endOf(address, port)]
    .filter((part) => part !== '')
    .join(' '),
  by,
  ...{ count: seen.count, firstMs: seen.firstMs, lastMs: seen.lastMs, startup: seen.startup },
  ...{ steady: seen.steady, replicas: seen.replicas },
});

const endOf = (address: string, port: number): string =>
  port === 0 ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
