import type { NetworkAction } from '../../decide/action.js';
import type { EffectiveLine } from '../../decide/effective.js';
import { networkLineMatches } from '../../decide/network.js';
import {
  NETWORK_FAMILIES,
  NETWORK_PROTOCOLS,
  type NetworkFamily,
  type NetworkLine,
  type NetworkProtocol,
} from '../../model/policy.js';
import type { Shortfalls } from './exported.js';
import { type ExportSubject, linesOf } from './subject.js';

/** A kind of socket: a family and, of the internet's, a protocol; `undefined`: one without a name in policies. */
export interface SocketKind {
  readonly family: NetworkFamily;
  readonly protocol: NetworkProtocol | undefined;
}

export interface SocketVerdict extends SocketKind {
  readonly allowed: boolean;
  /** What decides; undefined when nothing is said. */
  readonly line: EffectiveLine | undefined;
}

/** Families whose sockets policies tell apart by protocol. */
export const isInternet = (family: NetworkFamily): boolean => family === 'ipv4' || family === 'ipv6';

const KINDS: readonly SocketKind[] = NETWORK_FAMILIES.flatMap((family): readonly SocketKind[] =>
  isInternet(family)
    ? [...NETWORK_PROTOCOLS, undefined].map((protocol) => ({ family, protocol }))
    : [{ family, protocol: undefined }],
);

/**
 * Which kinds of sockets may be made, whoever makes them: for mechanisms that see neither program nor address. A line
 * about certain programs allows for all, and does not deny.
 */
export function socketTable(subject: ExportSubject, shortfalls: Shortfalls): readonly SocketVerdict[] {
  const lines = linesOf(subject, 'network');
  for (const line of lines)
    if (line.terms.kind === 'network' && line.terms.line.from.length > 0)
      shortfalls.wider(line, 'which program opens a socket (`from`)');
  return KINDS.map((kind) => {
    const line = lines.find((each) => isAbout(each, kind));
    return { ...kind, allowed: line?.verdict !== 'deny', line };
  });
}

function isAbout({ terms, verdict }: EffectiveLine, kind: SocketKind): boolean {
  if (terms.kind === 'default') return true;
  if (terms.kind !== 'network') return false;
  if (verdict === 'deny' && terms.line.from.length > 0) return false;
  const anyProgram: NetworkLine = { ...terms.line, from: [] };
  return networkLineMatches(anyProgram, actionOf(kind), verdict === 'allow');
}

const actionOf = ({ family, protocol }: SocketKind): NetworkAction => ({
  ...{ kind: 'network', operation: 'create', family, by: '' },
  ...(protocol !== undefined && { protocol }),
});
