import type { EventView } from '@runward/events';
import type { ObservedAction, ObservedNetworkUse } from './observed-action.js';
import { succeeded, wasTried } from './outcome.js';

type Family = ObservedNetworkUse['family'];
type Protocol = ObservedNetworkUse['protocol'];

const FAMILIES: Readonly<Record<number, Family>> = {
  1: 'unix',
  2: 'ipv4',
  10: 'ipv6',
  16: 'netlink',
  17: 'packet',
};
const SOCK_TYPE_MASK = 0xf;
const [SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_PACKET] = [1, 2, 3, 10];
/** `linux/in.h`; 262 is MPTCP, which is TCP to who connects. */
const PROTOCOLS: Readonly<Record<number, Protocol>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmp',
  132: 'sctp',
  136: 'udp',
  262: 'tcp',
};

const SENDS: ReadonlySet<string> = new Set(['sendto', 'sendmsg', 'sendmmsg']);

/** What a call on a socket asked for: also where the other side then refused. */
export function networkActions(view: EventView): readonly ObservedAction[] {
  switch (view.typeName) {
    case 'socket':
    case 'socketpair':
      return succeeded(view) ? [use(view, 'create', createdProtocol(view), '', 0)] : [];
    case 'connect':
      return wasTried(view) ? remote(view) : [];
    case 'bind':
      return wasTried(view) ? local(view, 'bind') : [];
    case 'listen':
      return succeeded(view) ? local(view, 'listen') : [];
    default:
      // A datagram with an address needs no connect before it.
      return SENDS.has(view.typeName) && isAddressed(view) ? remote(view) : [];
  }
}

const isAddressed = (view: EventView): boolean =>
  view.unixPath !== undefined || (view.callerIp !== undefined && view.transport !== 'tcp');

function remote(view: EventView): readonly ObservedAction[] {
  const address = view.unixPath ?? view.callerIp ?? view.remoteIp;
  if (address === undefined) return hasNoAddress(view) ? [use(view, 'connect', 'other', '', 0)] : [];
  return [use(view, 'connect', transportOf(view), address, view.callerPort ?? view.remotePort ?? 0)];
}

/** Sockets of families such as netlink: who they connect to is no address that lines name. */
function hasNoAddress({ socketFamily }: EventView): boolean {
  const family = socketFamily === undefined ? undefined : (FAMILIES[socketFamily] ?? 'other');
  return family !== undefined && family !== 'ipv4' && family !== 'ipv6';
}

function local(view: EventView, operation: 'bind' | 'listen'): readonly ObservedAction[] {
  const caller = operation === 'bind';
  const address = view.unixPath ?? (caller ? (view.callerIp ?? view.localIp) : view.localIp) ?? '';
  const port = (caller ? (view.callerPort ?? view.localPort) : view.localPort) ?? 0;
  return [use(view, operation, transportOf(view), address, port)];
}

function use(
  view: EventView,
  operation: ObservedNetworkUse['operation'],
  protocol: Protocol,
  address: string,
  port: number,
): ObservedNetworkUse {
  const number = view.socketFamily ?? view.arg(0);
  const family = FAMILIES[number] ?? 'other';
  return { section: 'network', operation, family, protocol, address, port, by: view.process.executable.path };
}

const transportOf = ({ transport }: EventView): Protocol => (transport === '' ? 'other' : transport);

function createdProtocol(view: EventView): Protocol {
  const [domain, type, protocol] = [view.arg(0), view.arg(1) & SOCK_TYPE_MASK, view.arg(2)];
  const family = FAMILIES[domain];
  if (family !== 'ipv4' && family !== 'ipv6') return 'other';
  if (type === SOCK_RAW || type === SOCK_PACKET) return 'raw';
  if (protocol !== 0) return PROTOCOLS[protocol] ?? 'other';
  if (type === SOCK_STREAM) return 'tcp';
  return type === SOCK_DGRAM ? 'udp' : 'other';
}
