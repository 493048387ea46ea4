import { formatIpv4, formatIpv6, type ObjectKind, type Transport } from '@runward/events';
import { ByteCursor } from './byte-cursor.js';
import type { Descriptor } from './descriptor.js';

/** A task as the process list of a capture tells it; what its version does not carry is undefined. */
export interface ListedTask {
  readonly tid: number;
  readonly pid: number;
  readonly ptid: number;
  readonly sid: number | undefined;
  readonly vpgid: number | undefined;
  readonly comm: string;
  readonly exe: string;
  readonly exepath: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly env: readonly string[];
  readonly vtid: number | undefined;
  readonly vpid: number | undefined;
  readonly cgroups: readonly string[];
  readonly tty: number;
  readonly loginuid: number;
  readonly exeFlags: number;
  readonly caps: readonly [inheritable: bigint, permitted: bigint, effective: bigint];
  readonly exeInode: bigint;
  readonly exeCtimeNs: bigint;
  readonly exeMtimeNs: bigint;
}

const UNSET_UID = 0xffffffff;
/** Bytes that follow `root` in entries written before libs 0.10, which have neither namespace start nor tty. */
const OLD_TAIL = 29;

/**
 * Entries of a process list, version 1 to 9, each given to `take`. Versions only append, except that 2, 6, 7 and 8
 * each put something in the middle; from 9 on an entry states its length.
 *
 * @throws OutOfBounds when an entry is longer than the block; those before it were given
 */
export function readProcesses(
  bytes: Buffer,
  start: number,
  end: number,
  version: number,
  take: (task: ListedTask) => void,
): void {
  const block = new ByteCursor(bytes, start, end);
  while (block.left >= 4) {
    const from = block.at;
    const length = version >= 9 ? block.u32() : undefined;
    if (length !== undefined && length > end - from)
      throw new RangeError('a process entry is longer than its block');
    const c = length === undefined ? block : new ByteCursor(bytes, block.at, from + length);
    take(readTask(c, version));
    if (length !== undefined) block.skip(from + length - block.at);
  }
}

function readTask(c: ByteCursor, version: number): ListedTask {
  const tid = c.i64();
  const pid = c.i64();
  const ptid = c.i64();
  const sid = version >= 6 ? c.i64() : undefined;
  const vpgid = version >= 8 ? c.i64() : undefined;
  const comm = c.text();
  const exe = c.text();
  const exepath = version >= 7 ? c.text() : '';
  const args = c.words();
  const cwd = c.text();
  c.skip(8 + 4); // limit of descriptors, flags
  const uid = c.u32();
  const gid = c.u32();
  if (version >= 2) c.skip(3 * 4 + 2 * 8); // sizes of memory, page faults
  const env = version >= 3 ? c.words() : [];
  const vtid = version >= 4 ? c.i64() : undefined;
  const vpid = version >= 4 ? c.i64() : undefined;
  const cgroups = version >= 4 ? c.words() : [];
  if (version >= 5) c.text(); // root
  const common = {
    tid,
    pid,
    ptid,
    sid,
    vpgid,
    comm,
    exe,
    exepath,
    args,
    cwd,
    uid,
    gid,
    env,
    vtid,
    vpid,
    cgroups,
  };
  return { ...common, ...readTail(c, version >= 9) };
}

type Tail = Pick<
  ListedTask,
  'tty' | 'loginuid' | 'exeFlags' | 'caps' | 'exeInode' | 'exeCtimeNs' | 'exeMtimeNs'
>;

/** What was appended over time; the entry's length says how much of it there is. */
function readTail(c: ByteCursor, isSized: boolean): Tail {
  const has = (bytes: number): boolean => isSized && c.left >= bytes;
  const u64 = (): bigint => (has(8) ? c.u64() : 0n);
  const flag = (bit: number): number => (has(1) && c.u8() !== 0 ? bit : 0);
  const isNew = isSized && c.left > OLD_TAIL;
  if (isNew) u64(); // start of the pid namespace
  const tty = isNew && has(4) ? c.u32() : 0;
  const loginuid = has(4) ? c.u32() : UNSET_UID;
  const writable = flag(1);
  const caps = [u64(), u64(), u64()] as const;
  const upper = flag(2);
  const [exeInode, exeCtimeNs, exeMtimeNs] = [u64(), u64(), u64()];
  const memfd = flag(4);
  return { tty, loginuid, exeFlags: writable | upper | memfd, caps, exeInode, exeCtimeNs, exeMtimeNs };
}

/** Descriptor types of the list (`scap_fd_type`) that are a name and nothing else. */
const NAMED: Readonly<Record<number, ObjectKind>> = {
  1: 'file',
  2: 'directory',
  7: 'pipe',
  9: 'event',
  10: 'other',
  11: 'event',
  12: 'event',
  13: 'event',
  14: 'event',
  15: 'netlink',
  17: 'other',
  18: 'other',
  19: 'other',
  20: 'memfd',
  21: 'other',
};
const TRANSPORTS: readonly Transport[] = ['', '', 'tcp', 'udp', 'icmp', 'raw'];
const IPV4 = 3;
const IPV6 = 4;
const IPV4_SERVER = 5;
const IPV6_SERVER = 6;
const UNIX = 8;
const FILE_V2 = 16;

/** Descriptors of one task, version 1 or 2. Returns the tid. @throws OutOfBounds as {@link readProcesses} */
export function readDescriptors(
  bytes: Buffer,
  start: number,
  end: number,
  version: number,
  take: (fd: number, descriptor: Descriptor) => void,
): number {
  const block = new ByteCursor(bytes, start, end);
  const tid = block.i64();
  while (block.left >= 4) {
    const from = block.at;
    const length = version >= 2 ? block.u32() : undefined;
    if (length !== undefined && length > end - from)
      throw new RangeError('a descriptor entry is longer than its block');
    const c = length === undefined ? block : new ByteCursor(bytes, block.at, from + length);
    const fd = c.i64();
    const inode = c.u64();
    take(fd, { inode, ...readDescriptor(c, length !== undefined) });
    if (length !== undefined) block.skip(from + length - block.at);
  }
  return tid;
}

function readDescriptor(c: ByteCursor, isSized: boolean): Omit<Descriptor, 'inode'> {
  const type = c.u8();
  const named = NAMED[type];
  if (named !== undefined) return { kind: named, path: namePath(c.text()) };
  if (type === FILE_V2) {
    c.skip(4); // flags of the open
    const path = namePath(c.text());
    return { kind: 'file', path, device: isSized && c.left >= 4 ? c.u32() : 0 };
  }
  if (type === UNIX) {
    c.skip(16); // addresses of the kernel's sockets
    return { kind: 'unix', family: 1, unixPath: unixName(c.text()) };
  }
  const ip = (): string =>
    type === IPV6 || type === IPV6_SERVER ? formatIpv6(c.bytes(16), 0) : formatIpv4(c.bytes(4), 0);
  if (type === IPV4 || type === IPV6) {
    const [localIp, remoteIp] = [ip(), ip()];
    const [localPort, remotePort] = [c.u16(), c.u16()];
    return {
      ...socketOf(type === IPV6, c.u8()),
      localIp,
      localPort,
      remoteIp,
      remotePort,
      connected: remotePort !== 0,
    };
  }
  if (type === IPV4_SERVER || type === IPV6_SERVER) {
    const localIp = ip();
    const localPort = c.u16();
    return { ...socketOf(type === IPV6_SERVER, c.u8()), localIp, localPort, isServer: true };
  }
  return { kind: 'other' };
}

const socketOf = (isIpv6: boolean, transport: number): Omit<Descriptor, 'inode'> => ({
  kind: isIpv6 ? 'ipv6' : 'ipv4',
  family: isIpv6 ? 10 : 2,
  transport: TRANSPORTS[transport] ?? '',
});

const namePath = (name: string): string | undefined => (name.startsWith('/') ? name : undefined);
/** Abstract names begin with a NUL byte, shown as `@`. */
export const unixName = (name: string): string => name.replace(/^\0/, '@').replace(/\0.*$/s, '');

export interface Accounts {
  readonly users: Map<number, { readonly name: string; readonly home: string; readonly shell: string }>;
  readonly groups: Map<number, string>;
}

/** Users and groups of the machine. @throws OutOfBounds as {@link readProcesses} */
export function readUsers(bytes: Buffer, start: number, end: number, version: number, into: Accounts): void {
  const block = new ByteCursor(bytes, start, end);
  while (block.left >= 4) {
    const from = block.at;
    const length = version >= 2 ? block.u32() : undefined;
    if (length !== undefined && length > end - from)
      throw new RangeError('a user entry is longer than its block');
    const c = length === undefined ? block : new ByteCursor(bytes, block.at, from + length);
    if (c.u8() === 0) {
      const uid = c.u32();
      c.skip(4);
      into.users.set(uid, { name: c.text(), home: c.text(), shell: c.text() });
    } else into.groups.set(c.u32(), c.text());
    if (length !== undefined) block.skip(from + length - block.at);
  }
}

const HOSTNAME_AT = 4 + 8 + 8;
const HOSTNAME_BYTES = 128;

/** Name of the machine, '' when the block is too short. */
export function readHostname(bytes: Buffer, start: number, end: number): string {
  const from = start + HOSTNAME_AT;
  if (from + HOSTNAME_BYTES > end) return '';
  const field = bytes.subarray(from, from + HOSTNAME_BYTES);
  const nul = field.indexOf(0);
  return field.toString('utf8', 0, nul < 0 ? HOSTNAME_BYTES : nul);
}
