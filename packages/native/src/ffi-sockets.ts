/** Sockets of other processes: taken by descriptor, asked, ended. Errors are negative errno. */
import koffi from 'koffi';
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
