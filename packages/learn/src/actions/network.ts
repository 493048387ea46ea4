import type { EventView } from '@runward/events';
import { Op } from '../builder/files.js';
import type { Family, NetworkOperation, Protocol } from '../builder/network.js';
import type { Scene } from '../scene.js';
import type { Action, Actions } from './action.js';
import { isRuntimeSocket } from './handles.js';

const AF: ReadonlyMap<number, Family> = new Map([
  [1, 'unix'],
  [2, 'ipv4'],
  [10, 'ipv6'],
  [16, 'netlink'],
  [17, 'packet'],
]);
const IPPROTO_SCTP = 132;
const TYPE_MASK = 0xf;
const BY_TYPE: readonly (Protocol | undefined)[] = [undefined, 'tcp', 'udp', 'raw'];
const PRIVILEGED_PORTS = 1024;
const NONE: readonly string[] = [];

const isInet = (family: Family): boolean => family === 'ipv4' || family === 'ipv6';

/** A v4 address in a v6 socket is seen by hooks as what the socket is; the address says what it means. */
function familyOf(view: EventView): Family | undefined {
  const number = view.socketFamily;
  return number === undefined ? undefined : (AF.get(number) ?? 'other');
}

const protocolOf = (view: EventView, family: Family): Protocol => {
  const transport = view.transport;
  return isInet(family) && transport !== '' ? transport : 'other';
};

function note(
  scene: Scene,
  operation: NetworkOperation,
  family: Family,
  protocol: Protocol,
  address: string,
  port: number,
  names: readonly string[] = NONE,
): void {
  const { builder, executable } = scene;
  const news = builder.network.note(operation, family, protocol, address, port, names, executable.id, scene);
  builder.took(news, scene);
}

/** Unnamed sockets differ in nothing that lasts. */
const unixName = (view: EventView): string => view.unixPath ?? '';

const connect: Action = (view, scene) => {
  const family = familyOf(view);
  if (family === undefined) return;
  if (isInet(family)) {
    const address = view.remoteIp;
    if (address === undefined) return; // disconnects (AF_UNSPEC)
    const names = view.names?.namesOf(address) ?? NONE;
    note(scene, 'connect', family, protocolOf(view, family), address, view.remotePort ?? 0, names);
  } else if (family === 'unix') {
    const path = unixName(view);
    note(scene, 'connect', family, 'other', path, 0);
    if (isRuntimeSocket(path)) scene.surface('runtime-socket');
  } else note(scene, 'connect', family, 'other', '', 0);
};

/** Datagrams that name their peer reach it without a connection. */
const send: Action = (view, scene) => {
  const kind = view.objectKind;
  if ((kind === 'ipv4' || kind === 'ipv6') && view.transport !== 'tcp' && view.remoteIp !== undefined) {
    connect(view, scene);
  } else if (kind === 'unix' && unixName(view).startsWith('/')) connect(view, scene);
};

const local =
  (operation: 'bind' | 'listen'): Action =>
  (view, scene) => {
    const family = familyOf(view);
    if (family === undefined) return;
    const port = view.localPort ?? 0;
    const address = isInet(family) ? (view.localIp ?? '') : family === 'unix' ? unixName(view) : '';
    note(scene, operation, family, protocolOf(view, family), address, port);
    // Binding makes the file that is the name of the socket.
    if (operation === 'bind' && family === 'unix' && address.startsWith('/') && view.result === 0)
      scene.file(address, Op.create, undefined);
    if (operation === 'bind' && isInet(family) && port > 0 && port < PRIVILEGED_PORTS)
      scene.capability('NET_BIND_SERVICE');
  };

/** Of a peer the address counts; its port is any. The port is the one it came to. */
const accept: Action = (view, scene) => {
  const family = familyOf(view);
  if (family === undefined) return;
  const address = isInet(family) ? (view.remoteIp ?? '') : family === 'unix' ? unixName(view) : '';
  note(scene, 'accept', family, protocolOf(view, family), address, view.localPort ?? 0);
};

function create(scene: Scene, domain: number, type: number, protocol: number): void {
  const family = AF.get(domain) ?? 'other';
  const how = !isInet(family)
    ? 'other'
    : protocol === IPPROTO_SCTP
      ? 'sctp'
      : (BY_TYPE[type & TYPE_MASK] ?? 'other');
  // An ICMP socket of type datagram is the kernel's ping, which needs no capability.
  const isPing = isInet(family) && how === 'udp' && (protocol === 1 || protocol === 58);
  note(scene, 'create', family, isPing ? 'icmp' : how, '', 0);
  if (how === 'raw' || family === 'packet') scene.capability('NET_RAW');
}

const socket: Action = (view, scene) => create(scene, view.argInt(0), view.argInt(1), view.argInt(2));

export const NETWORK_ACTIONS: Actions = {
  socket,
  socketpair: socket,
  connect,
  sendto: send,
  sendmsg: send,
  sendmmsg: send,
  bind: local('bind'),
  listen: local('listen'),
  accept,
  accept4: accept,
};

/** Errors by which a call ends before it has an address, or because it is not allowed what it asks for. */
const NOT_TRIED: ReadonlySet<number> = new Set([-1, -9, -13, -14, -88, -97]); // PERM BADF ACCES FAULT NOTSOCK AFNOSUPPORT

/** Connecting and binding say what a program is about, also where nobody answers or somebody else was first. */
export const wasTried = ({ result, typeName }: EventView): boolean =>
  result !== undefined &&
  result < 0 &&
  (typeName === 'connect' || typeName === 'bind') &&
  !NOT_TRIED.has(result);
