import {
  I386_TWINS,
  RwDispatch,
  RwFamily,
  RwOutcome,
  RwSettings,
  RwSpecial,
  SYSCALLS,
  type SyscallSpec,
} from '@runward/events';

/** Whom a system call is reported for: bit 0 containers, bit 1 the host. */
export type Scope = 0 | 1 | 2 | 3;

/** What is worth sending of a system call. */
export interface CallInterest {
  readonly scope: Scope;
  /** Bits of RwOutcome: how it ended and what it acted on. */
  readonly outcomes: number;
}

export const EVERY_OUTCOME = 0xff;

const NONE = 0xff;
const RESULT = 0xfe;
const URING_OP_LIMIT = 64;

const FAMILY: Readonly<Record<SyscallSpec['family'], number>> = {
  exec: RwFamily.RW_FAM_EXEC,
  open: RwFamily.RW_FAM_OPEN,
  path: RwFamily.RW_FAM_PATH,
  fd: RwFamily.RW_FAM_FD,
  sys: RwFamily.RW_FAM_SYS,
};

const S = RwSpecial;
const SPECIAL: Readonly<Record<string, number>> = {
  open: S.RW_SPECIAL_OPEN,
  openat: S.RW_SPECIAL_OPENAT,
  openat2: S.RW_SPECIAL_OPENAT2,
  creat: S.RW_SPECIAL_CREAT,
  open_by_handle_at: S.RW_SPECIAL_BY_HANDLE,
  read: S.RW_SPECIAL_RECV,
  pread: S.RW_SPECIAL_RECV,
  recvfrom: S.RW_SPECIAL_RECV,
  write: S.RW_SPECIAL_SEND,
  pwrite: S.RW_SPECIAL_SEND,
  sendto: S.RW_SPECIAL_SEND,
  sendmsg: S.RW_SPECIAL_MSG,
  recvmsg: S.RW_SPECIAL_MSG,
  sendmmsg: S.RW_SPECIAL_MMSG,
  recvmmsg: S.RW_SPECIAL_MMSG,
  readv: S.RW_SPECIAL_IOV,
  writev: S.RW_SPECIAL_IOV,
  preadv: S.RW_SPECIAL_IOV,
  pwritev: S.RW_SPECIAL_IOV,
  preadv2: S.RW_SPECIAL_IOV,
  pwritev2: S.RW_SPECIAL_IOV,
  chdir: S.RW_SPECIAL_CWD,
  fchdir: S.RW_SPECIAL_CWD,
  chroot: S.RW_SPECIAL_CWD,
  accept: S.RW_SPECIAL_ACCEPT,
  accept4: S.RW_SPECIAL_ACCEPT,
  connect: S.RW_SPECIAL_CONNECT,
  listen: S.RW_SPECIAL_LISTEN,
  clone3: S.RW_SPECIAL_CLONE3,
};

/** The descriptor is the result: what the call made, or (dup) the same object under its new number. */
const FD_IS_RESULT = new Set(['socket', 'accept', 'accept4', 'dup', 'dup2', 'dup3', 'pidfd_getfd']);
/** After close the descriptor refers to nothing. */
const FD_IS_GONE = new Set(['close']);

interface Row {
  readonly fd: number;
  readonly paths: readonly number[];
  readonly dirs: readonly number[];
  readonly texts: readonly number[];
  readonly address: number;
}

function describe(spec: SyscallSpec): Row {
  const args = spec.args === '' ? [] : spec.args.split(' ').map((a) => a.split(':')[1] ?? '');
  const indicesOf = (kind: string): number[] => args.flatMap((k, i) => (k === kind ? [i] : []));
  const paths = spec.family === 'exec' ? [] : indicesOf('path');
  const texts = spec.family === 'exec' ? [...indicesOf('string'), ...indicesOf('path')] : indicesOf('string');
  const dirs = paths.map((i) => (args[i - 1] === 'fd' ? i - 1 : NONE));
  const fd = FD_IS_RESULT.has(spec.name)
    ? RESULT
    : FD_IS_GONE.has(spec.name)
      ? NONE
      : (indicesOf('fd')[0] ?? NONE);
  // recvfrom's is written by the kernel, so it is no argument of the call.
  const address = spec.name === 'recvfrom' ? 4 : (indicesOf('sockaddr')[0] ?? NONE);
  return { fd, paths, dirs, texts, address };
}

/** Calls by which resolvers receive the answers of name servers. */
export const RECEIVES_ANSWERS: ReadonlySet<string> = new Set(['read', 'recvfrom', 'recvmsg', 'recvmmsg']);
const ON_IP = 1 << RwOutcome.RW_ON_IP;

/** The same where it brings an answer of a name server, for those who get nothing else of it. */
interface RowInterest extends CallInterest {
  readonly answers: Scope;
}

function writeRow(
  view: DataView,
  offset: number,
  spec: SyscallSpec,
  { scope, outcomes, answers }: RowInterest,
  withAddress = true,
): void {
  const row = describe(spec);
  const two = (at: number, values: readonly number[]): void => {
    view.setUint8(at, values[0] ?? NONE);
    view.setUint8(at + 1, values[1] ?? NONE);
  };
  view.setUint16(offset + RwDispatch.type, spec.id, true);
  view.setUint8(offset + RwDispatch.family, FAMILY[spec.family]);
  view.setUint8(offset + RwDispatch.fd_arg, spec.family === 'fd' ? row.fd : NONE);
  two(offset + RwDispatch.path_arg, row.paths);
  two(offset + RwDispatch.dir_arg, row.dirs);
  two(offset + RwDispatch.text_arg, row.texts);
  view.setUint8(offset + RwDispatch.addr_arg, withAddress ? row.address : NONE);
  view.setUint8(offset + RwDispatch.special, SPECIAL[spec.name] ?? 0);
  const toAnswers = RECEIVES_ANSWERS.has(spec.name) ? answers : 0;
  view.setUint8(offset + RwDispatch.wants, toAnswers === 0 ? outcomes : outcomes | ON_IP);
  view.setUint8(offset + RwDispatch.scope, scope | toAnswers);
  view.setUint8(offset + RwDispatch.only_answers, toAnswers & ~scope);
}

/** i386 socketcall(2): sub-call number to system call; `send` and `recv` carry no address. */
const SOCKETCALL: Readonly<Record<number, string>> = {
  1: 'socket',
  2: 'bind',
  3: 'connect',
  4: 'listen',
  5: 'accept',
  8: 'socketpair',
  9: 'sendto',
  10: 'recvfrom',
  11: 'sendto',
  12: 'recvfrom',
  13: 'shutdown',
  16: 'sendmsg',
  17: 'recvmsg',
  18: 'accept4',
  19: 'recvmmsg',
  20: 'sendmmsg',
};

/** x32 has numbers of its own for calls whose structures differ (arch/x86/entry/syscalls/syscall_64.tbl). */
const X32: Readonly<Record<number, string>> = {
  514: 'ioctl',
  515: 'readv',
  516: 'writev',
  517: 'recvfrom',
  518: 'sendmsg',
  519: 'recvmsg',
  520: 'execve',
  521: 'ptrace',
  528: 'kexec_load',
  534: 'preadv',
  535: 'pwritev',
  537: 'recvmmsg',
  538: 'sendmmsg',
  539: 'process_vm_readv',
  540: 'process_vm_writev',
  545: 'execveat',
  546: 'preadv2',
  547: 'pwritev2',
};

/** io_uring operations (include/uapi/linux/io_uring.h) to the system call they stand for. */
const URING: Readonly<Record<number, string>> = {
  1: 'readv',
  2: 'writev',
  4: 'read',
  5: 'write',
  9: 'sendmsg',
  10: 'recvmsg',
  13: 'accept4',
  16: 'connect',
  18: 'openat',
  22: 'read',
  23: 'write',
  26: 'sendto',
  27: 'recvfrom',
  28: 'openat2',
  34: 'shutdown',
  35: 'renameat2',
  36: 'unlinkat',
  37: 'mkdirat',
  38: 'symlinkat',
  39: 'linkat',
  42: 'setxattr',
  45: 'socket',
  47: 'sendto',
  48: 'sendmsg',
  49: 'read',
  55: 'ftruncate',
  56: 'bind',
  57: 'listen',
  58: 'recvfrom',
  60: 'readv',
  61: 'writev',
  62: 'pipe2',
};

const byName: ReadonlyMap<string, SyscallSpec> = new Map(SYSCALLS.map((s) => [s.name, s]));

/** Writes the four dispatch tables into the settings section: which numbers are sent, for whom, and how. */
export function writeDispatchTables(
  settings: DataView,
  interestIn: (call: SyscallSpec) => CallInterest,
  answers: Scope = 0,
): void {
  const write = (base: number, index: number, name: string, withAddress = true): void => {
    const spec = byName.get(name);
    if (spec === undefined || index < 0) return;
    writeRow(settings, base + index * RwDispatch.size, spec, { ...interestIn(spec), answers }, withAddress);
  };
  for (const spec of SYSCALLS) {
    write(RwSettings.native, process.arch === 'arm64' ? spec.arm64 : spec.x86_64, spec.name);
    // arm64's 32-bit table is arm's, not i386's; its numbers agree with i386 for the calls that matter below 300.
    write(RwSettings.compat, spec.i386, spec.name);
  }
  for (const twin of I386_TWINS) write(RwSettings.compat, twin.i386, twin.name);
  for (const [sub, name] of Object.entries(SOCKETCALL)) {
    write(RwSettings.socketcall, Number(sub), name, sub !== '9' && sub !== '10');
  }
  if (process.arch === 'x64') {
    for (const [nr, name] of Object.entries(X32)) write(RwSettings.native, Number(nr), name);
  }
  for (const [op, name] of Object.entries(URING)) {
    if (Number(op) < URING_OP_LIMIT) write(RwSettings.uring, Number(op), name);
  }
}
