import type { FieldSpec, FieldValue } from '../field.js';
import type { EventView } from '../view.js';
import { CONNECTS, OPENS } from './event-sets.js';
import { liveFdFields } from './live.js';
import {
  descriptorName,
  descriptorNumber,
  hasDescriptor,
  isIp,
  localIp,
  localIsServer,
  localPort,
  namedByMessage,
  remoteIp,
  remotePort,
  typeLetter,
  typeName,
} from './object.js';
import { serviceName } from './services.js';
import { rowsFrom } from './spec.js';
import { directoryOf, fileNameOf } from './text.js';

type Extract<T> = (view: EventView) => T | undefined;

/** `fd.*` fields speak only where the event acts on a descriptor; an exec or an unlink has none. */
const ofDescriptor =
  <T>(extract: Extract<T>): Extract<T> =>
  (view) =>
    hasDescriptor(view) ? extract(view) : undefined;

const ofIpSocket = <T>(extract: Extract<T>): Extract<T> =>
  ofDescriptor((v) => (isIp(v) ? extract(v) : undefined));

const serverIp = ofIpSocket((v) => (localIsServer(v) ? localIp(v) : remoteIp(v)));
const clientIp = ofIpSocket((v) => (localIsServer(v) ? remoteIp(v) : localIp(v)));
const serverPort = ofIpSocket((v) => (localIsServer(v) ? localPort(v) : remotePort(v)));
const clientPort = ofIpSocket((v) => (localIsServer(v) ? remotePort(v) : localPort(v)));
const localAddress = ofIpSocket(localIp);
const remoteAddress = ofIpSocket(remoteIp);

/** Both ends, those that are known. */
const both =
  (one: Extract<string | number>, other: Extract<string | number>): Extract<FieldValue> =>
  (view) => {
    const a = one(view);
    const b = other(view);
    if (a === undefined) return b === undefined ? undefined : [b];
    return b === undefined ? [a] : [a, b];
  };
const anyIp = both(clientIp, serverIp);
const anyPort = both(clientPort, serverPort);

const SERVICE = 'well-known name, such as `https`, or else the number,';
const service =
  (port: Extract<number>): Extract<string> =>
  (view) => {
    const value = port(view);
    return value === undefined ? undefined : serviceName(value);
  };

const filePath = (view: EventView): string | undefined => {
  const type = typeName(view);
  return type === 'file' || type === 'directory' ? descriptorName(view) : undefined;
};
const name = ofDescriptor(descriptorName);
const directory = ofDescriptor((v) => {
  const path = filePath(v);
  return path === undefined ? undefined : directoryOf(path);
});

const onLayer = (layer: 'upper' | 'lower'): Extract<boolean> =>
  ofDescriptor((v) => (filePath(v) === undefined ? undefined : v.fileLayer === layer));

const inContainer =
  (text: Extract<string>): Extract<string> =>
  (view) => {
    const value = text(view);
    return value === undefined ? undefined : `${view.container?.id.slice(0, 12) ?? 'host'}:${value}`;
  };

/** One name, or several where name servers gave the address for several. */
const domain =
  (address: Extract<string>): Extract<FieldValue> =>
  (view) => {
    const ip = view.names === undefined ? undefined : address(view);
    const names = ip === undefined ? undefined : view.names?.namesOf(ip);
    if (names === undefined || names.length === 0) return undefined;
    return names.length === 1 ? names[0] : names;
  };

const descriptor = rowsFrom('the kernel object behind the descriptor');
const answers = rowsFrom(
  'answers that name servers gave this container over UDP, and its `/etc/hosts`; nobody is asked',
);
const LIST = { list: true } as const;
const socket = rowsFrom("the kernel's socket; caller memory only for an address the socket does not have");

/** The same value under another name. */
const SAME_AS = (from: string) => ({ derived: { from, by: (text: string) => text } });

const files: readonly FieldSpec[] = [
  descriptor(
    'fd.num',
    'int',
    'descriptor number; of the new one for calls that make one, -1 when an open failed',
    ofDescriptor(descriptorNumber),
  ),
  descriptor(
    'fd.type',
    'string',
    '`file`, `directory`, `ipv4`, `ipv6`, `unix`, `netlink`, `packet`, `pipe`, `memfd`, `event`, `eventpoll`, `signalfd`, `timerfd`, `inotify`, `io_uring`, `userfaultfd`, `pidfd` or `bpf`',
    ofDescriptor(typeName),
  ),
  descriptor(
    'fd.typechar',
    'string',
    'type as a letter: `f` file, `d` directory, `4` and `6` IP sockets, `u` unix socket, `n` netlink, `p` pipe, `m` memfd, `e` event, `l` eventpoll, `s` signalfd, `t` timerfd, `i` inotify, `r` io_uring, `u` userfaultfd, `P` pidfd, `b` bpf, `o` other',
    ofDescriptor(typeLetter),
  ),
  descriptor(
    'fd.name',
    'string',
    'absolute path of a file; `client:port->server:port` of a connection; path of a unix socket',
    name,
  ),
  descriptor(
    'fd.nameraw',
    'string',
    'path as the caller passed it to an open; otherwise as `fd.name`',
    ofDescriptor((v) => (OPENS.has(v) ? (v.rawPath(0) ?? v.path(0)) : filePath(v))),
  ),
  descriptor('fd.directory', 'string', 'directory of a file', directory, {
    derived: { from: 'fd.name', by: directoryOf },
  }),
  descriptor(
    'fd.filename',
    'string',
    'name of a file without its directory',
    ofDescriptor((v) => {
      const path = filePath(v);
      return path === undefined ? undefined : fileNameOf(path);
    }),
    { derived: { from: 'fd.name', by: fileNameOf } },
  ),
  descriptor(
    'fd.hostpath',
    'string',
    'path of a file as the host sees it, where the host can reach it',
    ofDescriptor((v) => v.hostPath(0)),
  ),
  descriptor(
    'fd.ino',
    'uint',
    'inode number',
    ofDescriptor((v) => v.inode),
  ),
  descriptor(
    'fd.dev',
    'uint',
    'device that holds the file, major number above bit 20',
    ofDescriptor((v) => v.deviceMajor * 2 ** 20 + v.deviceMinor),
  ),
  descriptor(
    'fd.dev.major',
    'uint',
    'major number of the device that holds the file',
    ofDescriptor((v) => v.deviceMajor),
  ),
  descriptor(
    'fd.dev.minor',
    'uint',
    'minor number of the device that holds the file',
    ofDescriptor((v) => v.deviceMinor),
  ),
  descriptor(
    'fd.is_upper_layer',
    'bool',
    'the file lies in the writable layer of an overlay: it is not part of the image',
    onLayer('upper'),
  ),
  descriptor(
    'fd.is_lower_layer',
    'bool',
    'the file lies in a lower layer of an overlay: it is part of the image',
    onLayer('lower'),
  ),
  descriptor(
    'fd.uid',
    'string',
    'thread id and descriptor number: unique at one point in time',
    ofDescriptor((v) => {
      const number = descriptorNumber(v);
      return number === undefined ? undefined : `${v.tid}${number}`;
    }),
  ),
  descriptor('fd.containername', 'string', '`container.id:fd.name`', inContainer(name)),
  descriptor('fd.containerdirectory', 'string', '`container.id:fd.directory`', inContainer(directory)),
];

const sockets: readonly FieldSpec[] = [
  socket(
    'fd.sockfamily',
    'string',
    '`ip` or `unix`',
    ofDescriptor((v) => (isIp(v) ? 'ip' : v.objectKind === 'unix' ? 'unix' : undefined)),
  ),
  socket(
    'fd.l4proto',
    'string',
    '`tcp`, `udp`, `icmp` or `raw`',
    ofIpSocket((v) => (v.transport === '' ? undefined : v.transport)),
  ),
  socket('fd.sip', 'ip', 'address of the server', serverIp),
  socket('fd.cip', 'ip', 'address of the client', clientIp),
  socket('fd.lip', 'ip', 'local address', localAddress),
  socket('fd.rip', 'ip', 'remote address', remoteAddress),
  socket('fd.ip', 'ip', 'address of the client or the server', anyIp, { list: true }),
  socket('fd.sport', 'port', 'port of the server', serverPort),
  socket('fd.cport', 'port', 'port of the client', clientPort),
  socket('fd.lport', 'port', 'local port', ofIpSocket(localPort)),
  socket('fd.rport', 'port', 'remote port', ofIpSocket(remotePort)),
  socket('fd.port', 'port', 'port of the client or the server', anyPort, { list: true }),
  socket('fd.sproto', 'string', `${SERVICE} of the server's port`, service(serverPort)),
  socket('fd.cproto', 'string', `${SERVICE} of the client's port`, service(clientPort)),
  socket('fd.lproto', 'string', `${SERVICE} of the local port`, service(ofIpSocket(localPort))),
  socket('fd.rproto', 'string', `${SERVICE} of the remote port`, service(ofIpSocket(remotePort))),
  socket('fd.proto', 'string', `${SERVICE} of either port`, both(service(clientPort), service(serverPort)), {
    list: true,
  }),
  socket('fd.snet', 'ip', 'address of the server, to compare with networks', serverIp, SAME_AS('fd.sip')),
  socket('fd.cnet', 'ip', 'address of the client, to compare with networks', clientIp, SAME_AS('fd.cip')),
  socket('fd.lnet', 'ip', 'local address, to compare with networks', localAddress, SAME_AS('fd.lip')),
  socket('fd.rnet', 'ip', 'remote address, to compare with networks', remoteAddress, SAME_AS('fd.rip')),
  socket('fd.net', 'ip', 'address of the client or the server, to compare with networks', anyIp, {
    list: true,
  }),
  socket('fd.is_server', 'bool', 'the process is the server of the connection', ofIpSocket(localIsServer)),
  socket(
    'fd.connected',
    'bool',
    'the socket is connected',
    ofIpSocket((v) => v.socketConnected),
  ),
  socket(
    'fd.name_changed',
    'bool',
    'the call gave the socket a new connection: a connect, or a message between unconnected ends',
    ofDescriptor((v) => CONNECTS.has(v) || namedByMessage(v)),
  ),
  answers('fd.sip.name', 'string', 'domain name of the server', domain(serverIp), LIST),
  answers('fd.cip.name', 'string', 'domain name of the client', domain(clientIp), LIST),
  answers('fd.lip.name', 'string', 'domain name of the local address', domain(localAddress), LIST),
  answers('fd.rip.name', 'string', 'domain name of the remote address', domain(remoteAddress), LIST),
];

export const fdFields: readonly FieldSpec[] = [...files, ...liveFdFields, ...sockets];
