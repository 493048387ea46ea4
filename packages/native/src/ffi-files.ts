/** What Node.js does not offer of libc for files and sockets. Apart from `ffi.ts`: it needs no libbpf. */
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const flock = libc.func('int flock(int fd, int operation)');
const getsockopt = libc.func(
  'int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)',
);

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes the exclusive lock of an open file without waiting; false when another open file description has it. The
 * kernel gives it back when the descriptor is closed, by the end of the process too.
 */
export const tryLock = (fd: number): boolean => Number(flock(fd, LOCK_EX | LOCK_NB)) === 0;

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** The process at the other end of a connected Unix socket, as it was when it connected. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** undefined when the kernel does not say: `fd` is no connected Unix socket. */
export function peerCredentials(fd: number): PeerCredentials | undefined {
  const value = new Uint32Array(3); // struct ucred: pid, uid, gid
  const length = [12];
  const result = Number(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, new Uint8Array(value.buffer), length));
  const [pid = 0, uid = 0, gid = 0] = value;
  return result === 0 && length[0] === 12 ? { pid, uid, gid } : undefined;
}
