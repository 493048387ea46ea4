/** Processes by a descriptor that stays theirs, and attributes of files that Node.js has no call for. Errors are negative errno. */
import koffi from 'koffi';
import { bind, libc, number } from './ffi-library.js';

const p = {
  pidfdOpen: bind(libc, 'long syscall(long number, int pid, unsigned int flags)'),
  pidfdSendSignal: bind(
    libc,
    'long syscall(long number, int pidfd, int signal, void *info, unsigned int flags)',
  ),
  lgetxattr: bind(
    libc,
    'long lgetxattr(const char *path, const char *name, _Out_ uint8_t *value, size_t size)',
  ),
};

const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;

const outcome = (result: unknown): number => (number(result) < 0 ? -koffi.errno() || -1 : number(result));

/** A descriptor for the process that has this pid now (Linux 5.3); it never becomes another's. */
export const openProcess = (pid: number): number => outcome(p.pidfdOpen(SYS_PIDFD_OPEN, pid, 0));

/** Sends a signal to the process behind the descriptor; -ESRCH once it has ended. */
export const signalProcess = (pidfd: number, signal: number): number =>
  outcome(p.pidfdSendSignal(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, null, 0));

const LONGEST_ATTRIBUTE = 256;

/** A short extended attribute, of a link itself; undefined when it has none of that name or a longer one. */
export function fileAttribute(path: string, name: string): Uint8Array | undefined {
  const value = new Uint8Array(LONGEST_ATTRIBUTE);
  const length = outcome(p.lgetxattr(path, name, value, value.length));
  return length < 0 ? undefined : value.slice(0, length);
}
