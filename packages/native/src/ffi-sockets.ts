/** Sockets of other processes: taken by descriptor, asked, ended; and packets sent in their networks. Errors are negative errno. */
import koffi from 'koffi';
import { NativeError } from './error.js';
import { bind, libc, number } from './ffi-library.js';

const s = {
  syscall: bind(libc, 'long syscall(long number, long a, long b, long c)'),
  close: bind(libc, 'int close(int fd)'),
  getsockopt: bind(
    libc,
    'int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)',
  ),
  getpeername: bind(libc, 'int getpeername(int fd, _Out_ uint8_t *address, _Inout_ uint32_t *length)'),
  connect: bind(libc, 'int connect(int fd, const uint8_t *address, uint32_t length)'),
  shutdown: bind(libc, 'int shutdown(int fd, int how)'),
  open: bind(libc, 'int open(const char *path, int flags)'),
  setns: bind(libc, 'int setns(int fd, int kind)'),
  socket: bind(libc, 'int socket(int family, int type, int protocol)'),
  sendto: bind(
    libc,
    'long sendto(int fd, const uint8_t *bytes, size_t length, int flags, const uint8_t *address, uint32_t addressLength)',
  ),
};

const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;
const SHUT_RDWR = 2;
const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const AF_INET = 2;
const AF_INET6 = 10;

const outcome = (result: unknown): number => (number(result) < 0 ? -koffi.errno() || -1 : number(result));

/** A descriptor of this process for what another has open (Linux 5.6). */
export function takeDescriptor(pid: number, fd: number): number {
  const process = outcome(s.syscall(SYS_PIDFD_OPEN, pid, 0, 0));
  if (process < 0) return process;
  const taken = outcome(s.syscall(SYS_PIDFD_GETFD, process, fd, 0));
  s.close(process);
  return taken;
}

export function isListening(fd: number): boolean {
  const value = new Uint32Array(1);
  const result = number(s.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, new Uint8Array(value.buffer), [4]));
  return result === 0 && value[0] === 1;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Whom an internet socket is connected to, in 16 bytes, IPv4 as `::ffff:a.b.c.d`; undefined when it is not. */
export function peerAddress(fd: number): Uint8Array | undefined {
  const address = new Uint8Array(28); // struct sockaddr_in6
  if (number(s.getpeername(fd, address, [address.length])) !== 0) return undefined;
  const family = new DataView(address.buffer).getUint16(0, true);
  if (family === AF_INET) return Uint8Array.from([...MAPPED, ...address.subarray(4, 8)]);
  return family === AF_INET6 ? address.slice(8, 24) : undefined;
}

/**
 * Ends a connection as `connect` to no address does: the peer is sent a reset, who holds the socket is told
 * ECONNRESET. EBUSY on kernels that refuse it while somebody waits at the socket (6.4 to 6.6).
 */
export const disconnect = (fd: number): number => outcome(s.connect(fd, new Uint8Array(16), 16));

/** Neither side sends or receives any more. */
export const shutdownBoth = (fd: number): number => outcome(s.shutdown(fd, SHUT_RDWR));

const O_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x4000_0000;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const IPPROTO_RAW = 255;
let own = -1;

/**
 * Does something in another network namespace, named by its file; only while `work` runs, on the calling thread. False
 * when there is no such namespace, or entering it is not permitted.
 *
 * @throws NativeError NATIVE_NAMESPACE_LOST when there is no way back: nothing may go on in somebody else's network
 */
export function inNetworkNamespace(path: string, work: () => void): boolean {
  if (own < 0) own = number(s.open('/proc/thread-self/ns/net', O_CLOEXEC));
  if (own < 0) return false;
  const there = number(s.open(path, O_CLOEXEC));
  if (there < 0) return false;
  const isThere = number(s.setns(there, CLONE_NEWNET)) === 0;
  s.close(there);
  if (!isThere) return false;
  try {
    work();
  } finally {
    if (number(s.setns(own, CLONE_NEWNET)) !== 0)
      // biome-ignore lint/correctness/noUnsafeFinally: it outweighs whatever failed before
      throw new NativeError('NATIVE_NAMESPACE_LOST', `the network namespace cannot be entered again (errno ${koffi.errno()})`, {
        help: 'start again; what is enforced stays in force',
      }); // biome-ignore format: one call
  }
  return true;
}

/** A socket that sends whole packets of IPv4 or IPv6 as they are given; a negative errno when there is none. */
export const packetSender = (isIpv6: boolean): number =>
  outcome(s.socket(isIpv6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));

/** Sends one packet to an address of 4 or 16 bytes; `device` is the number of the one a link-local address is at. */
export function sendPacket(fd: number, packet: Uint8Array, to: Uint8Array, device: number): number {
  const address = new Uint8Array(to.length === 4 ? 16 : 28); // struct sockaddr_in, sockaddr_in6
  const view = new DataView(address.buffer);
  view.setUint16(0, to.length === 4 ? AF_INET : AF_INET6, true);
  address.set(to, to.length === 4 ? 4 : 8);
  const isLinkLocal = to.length === 16 && to[0] === 0xfe && ((to[1] ?? 0) & 0xc0) === 0x80;
  if (isLinkLocal) view.setUint32(24, device, true);
  return outcome(s.sendto(fd, packet, packet.length, 0, address, address.length));
}
