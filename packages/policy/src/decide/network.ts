import { inNetwork, type Network, parseAddress, parseNetwork } from '@runward/core';
import type { NetworkFamily, NetworkLine } from '../model/policy.js';
import { matchesAny } from '../pattern/path-pattern.js';
import type { NetworkAction } from './action.js';
import { networksOf, peerKey } from './peers.js';

/**
 * The address families a line is about: those it lists; else those of its networks; else, where it names ports, those
 * that have ports. Undefined: any.
 */
export function familiesOf(line: NetworkLine): readonly NetworkFamily[] | undefined {
  const { operation, families, cidrs, except, peers, ports } = line;
  if (families.length > 0) return families;
  if (cidrs.length > 0 && peers.length === 0) {
    const found = new Set(cidrs.map((cidr) => (networkOf(cidr)?.words.length === 1 ? 'ipv4' : 'ipv6')));
    return BOTH.filter((family) => found.has(family));
  }
  const isOfIp = operation === 'accept' || ports.length > 0 || peers.length > 0 || except.length > 0;
  return isOfIp ? BOTH : undefined;
}

const BOTH = ['ipv4', 'ipv6'] as const satisfies readonly NetworkFamily[];

/**
 * An action as the kernel carries it out: an IPv4 address in IPv6 is IPv4, and connecting to the unspecified address
 * is connecting to this machine.
 */
function carriedOut(action: NetworkAction): NetworkAction {
  if (action.address === undefined || (action.family !== 'ipv4' && action.family !== 'ipv6')) return action;
  const words = parseAddress(action.address);
  if (words === undefined) return action;
  const family = words.length === 1 ? 'ipv4' : 'ipv6';
  if (action.operation !== 'connect' || words.some((word) => word !== 0)) return { ...action, family };
  return { ...action, family, address: family === 'ipv4' ? '127.0.0.1' : '::1' };
}

/**
 * Whether a line is about an action. A line that allows connecting, binding or listening allows to create the socket
 * for it: without, it would allow nothing. A line that denies an address also denies binding all addresses at once,
 * which would take that one along; `::` stands for those of IPv4 too.
 */
export function networkLineMatches(line: NetworkLine, asked: NetworkAction, allows: boolean): boolean {
  const action = carriedOut(asked);
  const implied = allows && action.operation === 'create' && line.operation !== 'create';
  if (line.operation !== action.operation && !implied) return false;
  if (line.protocols.length > 0 && !(action.protocol && line.protocols.includes(action.protocol)))
    return false;
  if (line.from.length > 0 && !matchesAny(line.from, action.by)) return false;
  if (!allows && takesAllAddresses(action)) return wideLineMatches(line, action);
  if (familiesOf(line)?.includes(action.family) === false) return false;
  return implied || (isOfLine(line, action) && inPorts(line, action.port));
}

const takesAllAddresses = ({ operation, address }: NetworkAction): boolean =>
  (operation === 'bind' || operation === 'listen') &&
  address !== undefined &&
  parseAddress(address)?.every((word) => word === 0) === true;

function wideLineMatches(line: NetworkLine, action: NetworkAction): boolean {
  const families = familiesOf(line);
  const isTaken = (family: NetworkFamily): boolean => family === action.family || action.family === 'ipv6';
  const networks = networksOf(line);
  if (networks === undefined)
    return families?.includes(action.family) !== false && inPorts(line, action.port);
  return (
    inPorts(line, action.port) &&
    networks.some(({ words }) => {
      const family = words.length === 1 ? 'ipv4' : 'ipv6';
      return families?.includes(family) !== false && isTaken(family);
    })
  );
}

/** Whether the address is one of the line's, or the remote end is known to be one of its peers. */
function isOfLine(line: NetworkLine, { address, remote = [] }: NetworkAction): boolean {
  const networks = networksOf(line);
  if (networks === undefined) return true;
  if (line.peers.some((peer) => remote.includes(peerKey(peer)))) return true;
  const words = address === undefined ? undefined : parseAddress(address);
  return words !== undefined && networks.some((network) => inNetwork(words, network));
}

const inPorts = ({ ports }: NetworkLine, port: number | undefined): boolean =>
  ports.length === 0 ||
  (port !== undefined && ports.some(({ first, last }) => first <= port && port <= last));

const networkOf = (cidr: string): Network | undefined => parseNetwork(cidr);
