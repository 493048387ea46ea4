import { inNetwork } from '@runward/core';
import type { EffectiveLine } from '../decide/effective.js';
import { familiesOf } from '../decide/network.js';
import { networksOf, peerKey } from '../decide/peers.js';
import { covers, patternsCover, textGlob } from '../language/relations.js';
import type { FileLine, FileOperation, NetworkLine, PortRange, ProcessLine } from '../model/policy.js';

/** Whether a line asks for nothing beyond the path that another does not ask for as well. */
export function asksNoMore(
  b: EffectiveLine,
  a: EffectiveLine,
  operation: FileOperation | undefined,
): boolean {
  const [outer, inner] = [b.terms, a.terms];
  if (outer.kind === 'file' && inner.kind === 'file')
    return fileAsksNoMore(outer.line, inner.line, operation);
  if (outer.kind === 'process' && inner.kind === 'process') return processAsksNoMore(outer.line, inner.line);
  if (outer.kind === 'network' && inner.kind === 'network') return networkCovers(outer.line, inner.line);
  return outer.kind === 'name' && inner.kind === 'name' && outer.line.name === inner.line.name;
}

const fileAsksNoMore = (b: FileLine, a: FileLine, operation: FileOperation | undefined): boolean =>
  (operation === undefined || b.operations.includes(operation)) &&
  (!b.ownerOnly || a.ownerOnly) &&
  fromAsksNoMore(b.from, a.from);

const fromAsksNoMore = (b: FileLine['from'], a: FileLine['from']): boolean =>
  b.length === 0 || (a.length > 0 && patternsCover(b, a));

const processAsksNoMore = (b: ProcessLine, a: ProcessLine): boolean =>
  (b.sha256.length === 0 || (a.sha256.length > 0 && a.sha256.every((digest) => b.sha256.includes(digest)))) &&
  (b.arguments.length === 0 ||
    (a.arguments.length > 0 && covers(b.arguments.map(textGlob), a.arguments.map(textGlob)))) &&
  fromAsksNoMore(b.ancestors, a.ancestors);

function networkCovers(b: NetworkLine, a: NetworkLine): boolean {
  if (b.operation !== a.operation) return false;
  const [outer, inner] = [familiesOf(b), familiesOf(a)];
  if (outer !== undefined && !(inner?.every((family) => outer.includes(family)) ?? false)) return false;
  const protocols =
    b.protocols.length === 0 || (a.protocols.length > 0 && a.protocols.every((p) => b.protocols.includes(p)));
  return protocols && remoteCovers(b, a) && portsCover(b.ports, a.ports) && fromAsksNoMore(b.from, a.from);
}

/** Peers are compared by their words alone: who they come to be is not known here. */
function remoteCovers(outer: NetworkLine, inner: NetworkLine): boolean {
  const networks = networksOf(outer);
  if (networks === undefined) return true;
  const within = networksOf(inner);
  if (within === undefined) return false;
  const known = new Set(outer.peers.map(peerKey));
  return (
    inner.peers.every((peer) => known.has(peerKey(peer))) &&
    within.every((network) =>
      networks.some((wide) => wide.bits <= network.bits && inNetwork(network.words, wide)),
    )
  );
}

/** Each range within one of the others. */
const portsCover = (outer: readonly PortRange[], inner: readonly PortRange[]): boolean =>
  outer.length === 0 ||
  (inner.length > 0 &&
    inner.every((range) => outer.some(({ first, last }) => first <= range.first && range.last <= last)));

/** Why a network line is about nothing at all; undefined when it is about something. */
export function networkNever(line: NetworkLine): string | undefined {
  const { operation, families, protocols, cidrs, peers, ports } = line;
  if (peers.length === 0 && networksOf(line)?.length === 0) return 'its exceptions leave nothing of it';
  if (operation === 'create' && (cidrs.length > 0 || ports.length > 0))
    return 'a socket that is created has neither address nor port yet';
  const isIp = (family: string): boolean => family === 'ipv4' || family === 'ipv6';
  if (families.length > 0 && !families.some(isIp)) {
    if (ports.length > 0) return `${families.join(' and ')} have no ports`;
    if (cidrs.length > 0) return `${families.join(' and ')} have no addresses of this kind`;
    if (protocols.length > 0) return `${families.join(' and ')} have none of these protocols`;
  }
  if (families.length > 0 && cidrs.length > 0) {
    const ofCidrs = familiesOf({ ...line, families: [] });
    if (ofCidrs?.every((family) => !families.includes(family)))
      return `its networks are ${ofCidrs.join(' and ')}, and it asks for ${families.join(' and ')}`;
  }
  return undefined;
}
