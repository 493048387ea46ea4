import type { EventView, ObjectKind, Transport } from '../view.js';
import { anonymousType } from './anonymous.js';
import { BINDS, DESCRIPTORS_BY_RESULT, ON_DESCRIPTORS, OPENS, RECEIVES, SENDS } from './event-sets.js';
import { failed, resultOf } from './outcome.js';

/** Names and letters of descriptor types, as rules know them. Devices count as files, as in /dev/null. */
const TYPES: Readonly<Record<ObjectKind, readonly [name: string | undefined, letter: string]>> = {
  none: [undefined, 'o'],
  file: ['file', 'f'],
  directory: ['directory', 'd'],
  ipv4: ['ipv4', '4'],
  ipv6: ['ipv6', '6'],
  unix: ['unix', 'u'],
  netlink: ['netlink', 'n'],
  packet: ['packet', 'o'],
  pipe: ['pipe', 'p'],
  char: ['file', 'f'],
  block: ['file', 'f'],
  memfd: ['memfd', 'm'],
  event: ['event', 'e'],
  other: [undefined, 'o'],
};

/** Whether the event acts on a descriptor, so that `fd.*` fields have something to speak about. */
export const hasDescriptor = (view: EventView): boolean =>
  ON_DESCRIPTORS.has(view) || (DESCRIPTORS_BY_RESULT.has(view) && view.fd !== undefined);

/** Descriptor number; -1 for an open that failed, the slot for an io_uring open without a descriptor. */
export function descriptorNumber(view: EventView): number | undefined {
  if (!OPENS.has(view)) return view.fd;
  return failed(view) ? -1 : (view.fd ?? resultOf(view));
}

/** What the event acts on; an open that failed is counted as a file, for nothing better can be known. */
function kindOf(view: EventView): ObjectKind {
  const kind = view.objectKind;
  return kind === 'none' && OPENS.has(view) ? 'file' : kind;
}

export function typeName(view: EventView): string | undefined {
  const kind = kindOf(view);
  return kind === 'event' ? anonymousType(view)[0] : TYPES[kind][0];
}
export function typeLetter(view: EventView): string {
  const kind = kindOf(view);
  return kind === 'event' ? anonymousType(view)[1] : TYPES[kind][1];
}

export const isIp = (view: EventView): boolean => view.objectKind === 'ipv4' || view.objectKind === 'ipv6';

/**
 * The address the caller passes to `bind` is the local one. To a datagram socket, a sent message's address
 * wins over the peer; everywhere else the socket's own peer wins over caller memory, which can change under us.
 */
const callerIsLocal = (view: EventView): boolean => BINDS.has(view);
const callerWins = (view: EventView): boolean => SENDS.has(view) && view.transport !== 'tcp';

export function localIp(view: EventView): string | undefined {
  return callerIsLocal(view) ? (view.callerIp ?? view.localIp) : view.localIp;
}

export function localPort(view: EventView): number | undefined {
  return callerIsLocal(view) ? (view.callerPort ?? view.localPort) : view.localPort;
}

export function remoteIp(view: EventView): string | undefined {
  if (callerIsLocal(view)) return view.remoteIp;
  return callerWins(view) ? (view.callerIp ?? view.remoteIp) : (view.remoteIp ?? view.callerIp);
}

export function remotePort(view: EventView): number | undefined {
  if (callerIsLocal(view)) return view.remotePort;
  return callerWins(view) ? (view.callerPort ?? view.remotePort) : (view.remotePort ?? view.callerPort);
}

/** A socket that is neither bound nor connected has the unspecified address and port 0. */
const isUnnamed = (ip: string | undefined, port: number | undefined): boolean =>
  ip === undefined || ((port ?? 0) === 0 && (ip === '0.0.0.0' || ip === '::'));

/** The local end is the server: known to be, or there is no peer yet (bound, listening). */
export const localIsServer = (view: EventView): boolean =>
  view.isServer ?? (remoteIp(view) === undefined && !isUnnamed(localIp(view), localPort(view)));

/** `client:port->server:port`; one end when the other is not known; '' for a socket that has neither. */
export function connectionTuple(view: EventView): string {
  const ip = localIp(view);
  const port = localPort(view);
  const remote = endpoint(remoteIp(view), remotePort(view));
  if (remote === '') return isUnnamed(ip, port) ? '' : endpoint(ip, port);
  const local = endpoint(ip, port);
  if (local === '') return remote;
  return localIsServer(view) ? `${remote}->${local}` : `${local}->${remote}`;
}

const endpoint = (ip: string | undefined, port: number | undefined): string =>
  ip === undefined ? '' : `${ip}:${port ?? 0}`;

/** Name of what the descriptor refers to: path, connection, socket path, or the kernel's name for it. */
export function descriptorName(view: EventView): string | undefined {
  const kind = view.objectKind;
  if (kind === 'ipv4' || kind === 'ipv6') return connectionTuple(view);
  if (kind === 'unix') return view.unixPath ?? '';
  const path = view.path(0) ?? (OPENS.has(view) ? view.rawPath(0) : undefined);
  if (path !== undefined) return path;
  if (kind === 'pipe' && view.inode !== undefined) return `pipe:[${view.inode}]`;
  return kind === 'none' || kind === 'other' ? undefined : '';
}

const TRANSPORT_LETTERS: Readonly<Record<Transport, string>> = {
  '': '',
  tcp: 't',
  udp: 'u',
  icmp: 'i',
  raw: 'r',
};

/** `<f>/etc/passwd`, `<4t>10.0.0.1:4000->10.0.0.2:80`: how descriptors look among event arguments. */
export function taggedName(view: EventView): string | undefined {
  const name = descriptorName(view);
  return name === undefined ? undefined : `<${typeLetter(view)}${TRANSPORT_LETTERS[view.transport]}>${name}`;
}

/** A datagram socket without a fixed peer learnt an address from this very message. */
export const namedByMessage = (view: EventView): boolean =>
  isIp(view) &&
  !view.socketConnected &&
  (SENDS.has(view) || RECEIVES.has(view)) &&
  remoteIp(view) !== undefined &&
  !failed(view);
