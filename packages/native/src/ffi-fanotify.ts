/**
 * What a thread that answers fanotify permission events needs of libc: bytes go into and out of buffers the caller
 * keeps, so that an answer allocates nothing. Apart from `ffi.ts`: it needs no libbpf.
 *
 * Numbers that are returned are what the call gives, or its errno, negative.
 */
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');
const c = {
  init: libc.func('int fanotify_init(unsigned int flags, unsigned int eventFlags)'),
  mark: libc.func(
    'int fanotify_mark(int fd, unsigned int flags, uint64_t mask, int dirfd, const char *path)',
  ),
  read: libc.func('long read(int fd, uint8_t *buffer, size_t length)'),
  pread: libc.func('long pread(int fd, uint8_t *buffer, size_t length, int64_t offset)'),
  write: libc.func('long write(int fd, const uint8_t *buffer, size_t length)'),
  open: libc.func('int open(const char *path, int flags)'),
  close: libc.func('int close(int fd)'),
  readlink: libc.func('long readlink(const char *path, uint8_t *buffer, size_t length)'),
  statx: libc.func('int statx(int dirfd, const char *path, int flags, unsigned int mask, uint8_t *buffer)'),
  epollCtl: libc.func('int epoll_ctl(int epfd, int op, int fd, const uint8_t *event)'),
  epollWait: libc.func('int epoll_wait(int epfd, uint8_t *events, int max, int timeoutMs)'),
  pidfdOpen: libc.func('long syscall(long number, int pid, unsigned int flags)'),
  pidfdSignal: libc.func('long syscall(long number, int pidfd, int signal, void *info, unsigned int flags)'),
  openat2: libc.func(
    'long syscall(long number, long dirfd, const char *path, const uint8_t *how, size_t size)',
  ),
} as const;

// koffi returns long as number or bigint, whichever fits.
const answer = (value: unknown): number => {
  const result = Number(value);
  return result < 0 ? -koffi.errno() || -1 : result;
};

const O_RDONLY = 0;
const O_LARGEFILE = process.arch === 'arm64' ? 0o400000 : 0o100000;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const FAN_CLOEXEC = 0x1;
const FAN_NONBLOCK = 0x2;
const FAN_CLASS_CONTENT = 0x4;
const FAN_UNLIMITED_QUEUE = 0x10;
const FAN_UNLIMITED_MARKS = 0x20;
const FAN_REPORT_TID = 0x100;

/**
 * A group for permission events that name the thread that acts. Its queue is unlimited: what an event finds no room
 * in is let through. Linux 5.0.
 */
export const fanotifyInit = (): number =>
  answer(
    c.init(
      FAN_CLOEXEC |
        FAN_NONBLOCK |
        FAN_CLASS_CONTENT |
        FAN_UNLIMITED_QUEUE |
        FAN_UNLIMITED_MARKS |
        FAN_REPORT_TID,
      O_RDONLY | O_LARGEFILE | O_CLOEXEC,
    ),
  );

export const FAN_OPEN_PERM = 0x10000;
export const FAN_OPEN_EXEC_PERM = 0x40000;
export const FAN_ONDIR = 0x40000000;

const FAN_MARK_ADD = 0x1;
const FAN_MARK_REMOVE = 0x2;
const FAN_MARK_FLUSH = 0x80;
const MARK_KINDS = { inode: 0, mount: 0x10, filesystem: 0x100 } as const;
export type FanotifyMarkKind = keyof typeof MARK_KINDS;
const AT_FDCWD = -100;

export const fanotifyAdd = (fd: number, kind: FanotifyMarkKind, mask: number, path: string): number =>
  answer(c.mark(fd, FAN_MARK_ADD | MARK_KINDS[kind], mask, AT_FDCWD, path));
export const fanotifyRemove = (fd: number, kind: FanotifyMarkKind, mask: number, path: string): number =>
  answer(c.mark(fd, FAN_MARK_REMOVE | MARK_KINDS[kind], mask, AT_FDCWD, path));
/** Takes all marks away. */
export function fanotifyFlush(fd: number): void {
  for (const kind of Object.values(MARK_KINDS)) c.mark(fd, FAN_MARK_FLUSH | kind, 0, AT_FDCWD, '/');
}

export const readInto = (fd: number, buffer: Uint8Array): number => answer(c.read(fd, buffer, buffer.length));
export const readAt = (fd: number, buffer: Uint8Array, offset: number): number =>
  answer(c.pread(fd, buffer, buffer.length, offset));
export const writeFrom = (fd: number, buffer: Uint8Array): number =>
  answer(c.write(fd, buffer, buffer.length));
/** What the link says; not terminated. As long as the buffer: it may have been cut. */
export const readLinkInto = (path: string, buffer: Uint8Array): number =>
  answer(c.readlink(path, buffer, buffer.length));

const FAN_ALLOW = 1;
const EVENT_BYTES = 24;

/** Lets everything through that waits for an answer. */
export function fanotifyAllowAll(fd: number): void {
  const events = new Uint8Array(EVENT_BYTES * 64);
  const view = new DataView(events.buffer);
  const response = new DataView(new ArrayBuffer(8));
  response.setUint32(4, FAN_ALLOW, true);
  for (let length = readInto(fd, events); length > 0; length = readInto(fd, events)) {
    for (let at = 0; at + EVENT_BYTES <= length; at += Math.max(EVENT_BYTES, view.getUint32(at, true))) {
      const event = view.getInt32(at + 16, true);
      if (event < 0) continue;
      response.setInt32(0, event, true);
      writeFrom(fd, new Uint8Array(response.buffer));
      c.close(event);
    }
  }
}

/** The beginning of a small file. */
export function readFileInto(path: string, buffer: Uint8Array): number {
  const fd = answer(c.open(path, O_RDONLY | O_CLOEXEC));
  if (fd < 0) return fd;
  const length = readInto(fd, buffer);
  c.close(fd);
  return length;
}
export const openReadOnly = (path: string): number => answer(c.open(path, O_RDONLY | O_CLOEXEC));

const AT_EMPTY_PATH = 0x1000;
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_MNT_ID = 0x1000;
export const STATX_BYTES = 256;

/** `struct statx` of an open file, without asking whoever serves its file system. */
export const statxInto = (fd: number, buffer: Uint8Array): number =>
  answer(c.statx(fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID, buffer));

const SYS_OPENAT2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_NO_SYMLINKS = 0x04n;
const RESOLVE_IN_ROOT = 0x10n;

const HOW = {
  /** By the kernel's cache of names alone: no file system is asked, so that it cannot block. Else -EAGAIN. */
  cached: 0x20n,
  /** Within one mount. */
  inside: 0x01n,
  any: 0n,
} as const;

/** An O_PATH descriptor of a path without links below a folder. Linux 5.12. */
export function openBelow(folder: number, path: string, way: keyof typeof HOW): number {
  const how = new BigUint64Array([
    BigInt(O_PATH | O_CLOEXEC),
    0n,
    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | HOW[way],
  ]);
  return answer(c.openat2(SYS_OPENAT2, folder, path, new Uint8Array(how.buffer), 24));
}

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EPOLLPRI = 2;
/** `struct epoll_event` is packed on x86-64 alone. */
const EPOLL_EVENT = process.arch === 'x64' ? { size: 12, data: 4 } : { size: 16, data: 8 };
const EPOLL_ROOM = 64;

/** Descriptors that are waited for, each by the descriptor itself. */
export class Waiter {
  readonly #events = new Uint8Array(EPOLL_EVENT.size * EPOLL_ROOM);
  readonly #view = new DataView(this.#events.buffer);

  constructor(private readonly epoll: number) {}

  /** Readable, or with `priority` changed (as files that tell of mounts do). */
  add(fd: number, priority = false): number {
    const event = new Uint8Array(EPOLL_EVENT.size);
    const view = new DataView(event.buffer);
    view.setUint32(0, priority ? EPOLLPRI : EPOLLIN, true);
    view.setInt32(EPOLL_EVENT.data, fd, true);
    return answer(c.epollCtl(this.epoll, EPOLL_CTL_ADD, fd, event));
  }

  remove(fd: number): void {
    c.epollCtl(this.epoll, EPOLL_CTL_DEL, fd, this.#events);
  }

  /** How many are ready: {@link Waiter.at} says which. Blocks the thread. */
  wait(timeoutMs: number): number {
    return answer(c.epollWait(this.epoll, this.#events, EPOLL_ROOM, timeoutMs));
  }

  at = (index: number): number => this.#view.getInt32(index * EPOLL_EVENT.size + EPOLL_EVENT.data, true);
}

const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;
const PIDFD_THREAD = 0o200; // O_EXCL

/** A descriptor of a process; of a thread that leads none -EINVAL before Linux 6.9. */
export function pidfdOpen(tid: number): number {
  const fd = answer(c.pidfdOpen(SYS_PIDFD_OPEN, tid, 0));
  return fd >= 0 ? fd : answer(c.pidfdOpen(SYS_PIDFD_OPEN, tid, PIDFD_THREAD));
}

/** Whether the process or thread is still there: then its number is nobody else's. */
export const pidfdIsAlive = (pidfd: number): boolean =>
  answer(c.pidfdSignal(SYS_PIDFD_SEND_SIGNAL, pidfd, 0, null, 0)) === 0;
