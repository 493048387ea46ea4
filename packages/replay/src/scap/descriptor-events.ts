import type { ObjectKind, Transport } from '@runward/events';
import { readAddress, readTuple, type Tuple } from './address.js';
import type { Call } from './call.js';
import type { Descriptor } from './descriptor.js';
import type { Machine } from './machine.js';
import { pathOf } from './paths.js';
import type { ScapProcess } from './scap-process.js';

const EINPROGRESS = -115;
const O_DIRECTORY = 1024;

const KIND_OF_FAMILY: Readonly<Record<number, ObjectKind>> = {
  1: 'unix',
  2: 'ipv4',
  10: 'ipv6',
  16: 'netlink',
  17: 'packet',
};
const TRANSPORT_OF_TYPE: Readonly<Record<number, Transport>> = { 1: 'tcp', 2: 'udp', 3: 'raw' };
const ICMP = new Set([1, 58]);
const TYPE_MASK = 0xf;

/** What a call does to the descriptors of its process, before the event is shown. */
export function applyToDescriptors(machine: Machine, call: Call, process: ScapProcess): void {
  const result = call.result;
  if (result === undefined) return;
  const made = (descriptor: Descriptor): void => {
    if (result >= 0) machine.setDescriptor(process, result, descriptor);
  };
  switch (call.exit.row?.type) {
    case 'open':
    case 'openat':
    case 'openat2':
    case 'creat':
      made({
        kind: ((call.number('flags', false) ?? 0) & O_DIRECTORY) !== 0 ? 'directory' : 'file',
        path: pathOf(call, 'name', process),
        device: call.number('dev', false) ?? 0,
        inode: call.big('ino') ?? 0n,
      });
      return;
    case 'open_by_handle_at':
      made({ kind: 'file', path: call.text('path') });
      return;
    case 'memfd_create':
      made({ kind: 'memfd' });
      return;
    case 'socket':
      made(newSocket(call));
      return;
    case 'socketpair':
    case 'pipe':
    case 'pipe2':
      applyPair(machine, call, process);
      return;
    case 'accept':
    case 'accept4':
      made(acceptedSocket(readTuple(call.bytes('tuple'))));
      return;
    case 'connect':
      if (result === 0 || result === EINPROGRESS)
        connectSocket(descriptorOf(call, process), call, result === 0);
      return;
    case 'bind':
      if (result === 0) bindSocket(descriptorOf(call, process), call);
      return;
    case 'listen':
      if (result === 0) setServer(descriptorOf(call, process));
      return;
    case 'dup':
    case 'dup2':
    case 'dup3': {
      const from = process.descriptors.get(call.number('oldfd') ?? call.number('fd') ?? -1);
      if (from !== undefined) made(from);
      return;
    }
    case 'fcntl': {
      const command = call.number('cmd', false);
      const from = descriptorOf(call, process);
      if (from !== undefined && (command === 1 || command === 26)) made(from);
      return;
    }
  }
}

const descriptorOf = (call: Call, process: ScapProcess): Descriptor | undefined =>
  process.descriptors.get(call.fd ?? -1);

function newSocket(call: Call): Descriptor {
  const family = call.number('domain', false) ?? 0;
  const type = (call.number('type', false) ?? 0) & TYPE_MASK;
  const isIp = family === 2 || family === 10;
  const transport = ICMP.has(call.number('proto', false) ?? 0) ? 'icmp' : (TRANSPORT_OF_TYPE[type] ?? 'raw');
  return {
    kind: KIND_OF_FAMILY[family] ?? 'other',
    family,
    socketType: type,
    transport: isIp ? transport : '',
    ...(isIp ? { localIp: family === 2 ? '0.0.0.0' : '::', localPort: 0 } : {}),
  };
}

function applyPair(machine: Machine, call: Call, process: ScapProcess): void {
  if (!call.succeeded) return;
  for (const name of ['fd1', 'fd2']) {
    const fd = call.number(name);
    if (fd === undefined) continue;
    machine.setDescriptor(
      process,
      fd,
      call.exit.row?.type === 'socketpair'
        ? { kind: 'unix', family: 1, unixPath: '' }
        : { kind: 'pipe', inode: call.big('ino') ?? 0n },
    );
  }
}

function acceptedSocket(tuple: Tuple | undefined): Descriptor {
  if (tuple === undefined) return { kind: 'other' };
  if (tuple.family === 'unix') return { kind: 'unix', family: 1, unixPath: tuple.path, isServer: true };
  return {
    kind: tuple.isV6 && tuple.destination.ip.includes(':') ? 'ipv6' : 'ipv4',
    family: tuple.isV6 ? 10 : 2,
    transport: 'tcp',
    localIp: tuple.destination.ip,
    localPort: tuple.destination.port,
    remoteIp: tuple.source.ip,
    remotePort: tuple.source.port,
    isServer: true,
    connected: true,
  };
}

function connectSocket(socket: Descriptor | undefined, call: Call, isDone: boolean): void {
  if (socket === undefined) return;
  const tuple = readTuple(call.bytes('tuple'));
  const address = readAddress(call.bytes('addr'));
  if (tuple?.family === 'unix' || address?.family === 'unix') {
    socket.kind = 'unix';
    socket.unixPath =
      (tuple?.family === 'unix' && tuple.path) || (address?.family === 'unix' ? address.path : '');
    return;
  }
  const peer = tuple?.destination ?? address?.endpoint;
  if (peer === undefined) return;
  if (tuple !== undefined) {
    socket.localIp = tuple.source.ip;
    socket.localPort = tuple.source.port;
    socket.family ??= tuple.isV6 ? 10 : 2;
  }
  socket.kind = peer.ip.includes(':') ? 'ipv6' : 'ipv4';
  socket.remoteIp = peer.ip;
  socket.remotePort = peer.port;
  socket.isServer = false;
  socket.connected = isDone;
}

function bindSocket(socket: Descriptor | undefined, call: Call): void {
  const address = readAddress(call.bytes('addr'));
  if (socket === undefined || address === undefined) return;
  if (address.family === 'unix') socket.unixPath = address.path;
  else {
    socket.localIp = address.endpoint.ip;
    socket.localPort = address.endpoint.port;
  }
}

function setServer(socket: Descriptor | undefined): void {
  if (socket !== undefined) socket.isServer = true;
}
