import { inNetwork, type Network, parseAddress, parseNetwork } from '@runward/core';
import type { NetworkFamily, NetworkLine } from '../model/policy.js';
import { matchesAny } from '../pattern/path-pattern.js';
import type { NetworkAction } from './action.js';

/**
 * The address families a line is about: those it lists; else those of its networks; else, where it names ports, those
 * that have ports. Undefined: any.
 */
export function familiesOf({ families, cidrs, ports }: NetworkLine): readonly NetworkFamily[] | undefined {
  if (families.length > 0) return families;
  if (cidrs.length > 0) {
    const found = new Set(cidrs.map((cidr) => (networkOf(cidr)?.words.length === 1 ? 'ipv4' : 'ipv6')));
    return (['ipv4', 'ipv6'] as const).filter((family) => found.has(family));
  }
  return ports.length > 0 ? ['ipv4', 'ipv6'] : undefined;
}

/**
 * Whether a line is about an action. A line that allows connecting, binding or listening allows to create the socket
 * for it: without, it would allow nothing.
 */
export function networkLineMatches(line: NetworkLine, action: NetworkAction, allows: boolean): boolean {
  const implied = allows && action.operation === 'create' && line.operation !== 'create';
  if (line.operation !== action.operation && !implied) return false;
  if (familiesOf(line)?.includes(action.family) === false) return false;
  if (line.protocols.length > 0 && !(action.protocol && line.protocols.includes(action.protocol)))
    return false;
  if (line.from.length > 0 && !matchesAny(line.from, action.by)) return false;
  if (implied) return true;
  return inCidrs(line, action.address) && inPorts(line, action.port);
}

function inCidrs({ cidrs }: NetworkLine, address: string | undefined): boolean {
  if (cidrs.length === 0) return true;
  const words = address === undefined ? undefined : parseAddress(address);
  if (words === undefined) return false;
  return cidrs.some((cidr) => {
    const network = networkOf(cidr);
    return network !== undefined && inNetwork(words, network);
  });
}

const inPorts = ({ ports }: NetworkLine, port: number | undefined): boolean =>
  ports.length === 0 ||
  (port !== undefined && ports.some(({ first, last }) => first <= port && port <= last));

const networkOf = (cidr: string): Network | undefined => parseNetwork(cidr);
