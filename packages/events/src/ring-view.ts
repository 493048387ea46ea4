// One class, a getter for every fact of the contract: splitting it would put a call between each and its record.
import { AddressCache } from './address-cache.js';
import { eventTypeById } from './event-types.js';
import { RwFd, RwFork, RwHdr, RwKind, RwLayer, RwObject, RwOpen, RwPath, RwSys } from './layout.generated.js';
import type { LiveProcesses } from './live.js';
import type { AccountNames, AddressNames, ContainerInfo, ProcessInfo } from './model.js';
import { FILE_KINDS, FIXED_SIZES, RECEIVING } from './record-tables.js';
import { StringCache } from './string-cache.js';
import { EventFlag, type EventView, type ObjectKind, type Transport } from './view.js';

/** Finds what a caller's path means: links resolved as the process would, undefined when it cannot be. */
export interface PathResolver {
  resolve(process: ProcessInfo, path: string, followLast: boolean): string | undefined;
  hostPath(pid: number, mntNs: number, path: string): string | undefined;
}

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const S_IFMT = 0o170000;
const FMODE_EXEC = 0x20;
const FMODE_CREATED = 0x100000;
const MINOR_BITS = 20;
const MEMFD = 1;
const O_CREAT = 0o100;
const TCP_ESTABLISHED = 1;
const EXECVE = 1;
const EXECVEAT = 2;

const TYPE_SHIFT = 12;
const UDP = 17;
const DNS_PORT = 53;
/** Calls that act on the link itself: the last component is not followed. */
const NO_FOLLOW = new Set([
  'unlink',
  'unlinkat',
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'symlink',
  'symlinkat',
  'mkdir',
  'mkdirat',
  'rmdir',
  'mknod',
  'mknodat',
  'lchown',
]);

/** Lexical form of an absolute path: no `.`, `..`, doubled slashes. */
export function normalizePath(path: string): string {
  if (!path.includes('//') && !path.includes('/.') && (path.length === 1 || !path.endsWith('/'))) return path;
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') out.pop();
    else out.push(part);
  }
  return `/${out.join('/')}`;
}

/**
 * The event view over ring memory (or a copy of it). One instance serves all events: `attach` moves it.
 * Offsets inside a record are checked before use, so damaged bytes give undefined, never an exception.
 */
export class RingView implements EventView {
  number = 0;
  hostname = '';
  process: ProcessInfo;
  container: ContainerInfo | undefined = undefined;
  accounts: AccountNames;
  names: AddressNames | undefined = undefined;
  live: LiveProcesses | undefined = undefined;
  streamStartNs: bigint | undefined = undefined;
  /** Added to CLOCK_BOOTTIME readings to give nanoseconds since the epoch. */
  epochOffsetNs = 0n;
  typeId = 0;
  kind = 0;

  readonly #strings = new StringCache();
  readonly #addresses = new AddressCache();
  readonly #resolver: PathResolver;
  #data: DataView = new DataView(new ArrayBuffer(RwHdr.size));
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(new ArrayBuffer(RwHdr.size));
  #at = 0;
  #length: number = RwHdr.size;
  /** CLOCK_BOOTTIME of this event and of the one before it; a record may be gone when the next one comes. */
  #timeNs = 0;
  #previousNs = 0;
  #object = 0;
  #paths: (string | undefined)[] = [undefined, undefined];
  #resolved = 0;
  #objectKind: ObjectKind | undefined = undefined;

  constructor(resolver: PathResolver, nobody: ProcessInfo, accounts: AccountNames) {
    this.#resolver = resolver;
    this.process = nobody;
    this.accounts = accounts;
  }

  /** Points the view at a record. False when the bytes cannot be one: too short, or of no known kind. */
  attach(data: DataView, bytes: Uint8Array<ArrayBuffer>, offset: number, length: number): boolean {
    if (length < RwHdr.size || offset + length > bytes.length) return false;
    this.#data = data;
    this.#bytes = bytes;
    this.#at = offset;
    this.#length = length;
    this.kind = data.getUint8(offset + RwHdr.kind);
    this.typeId = data.getUint16(offset + RwHdr.type, true);
    this.#previousNs = this.#timeNs;
    this.#timeNs = this.wide(RwHdr.time_ns);
    this.#resolved = 0;
    this.#object = 0;
    this.#objectKind = undefined;
    if (this.kind === RwKind.RW_K_OPEN) this.#object = offset + RwOpen.object;
    else if (this.kind === RwKind.RW_K_FD) this.#object = offset + RwFd.object;
    return length >= (FIXED_SIZES[this.kind] ?? Number.POSITIVE_INFINITY);
  }

  /** The record's bytes, to keep a copy. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(this.#at, this.#at + this.#length);
  }

  #u8(at: number): number {
    return this.#data.getUint8(this.#at + at);
  }
  #u16(at: number): number {
    return this.#data.getUint16(this.#at + at, true);
  }
  #u32(at: number): number {
    return this.#data.getUint32(this.#at + at, true);
  }
  #isSyscall(): boolean {
    return this.kind >= RwKind.RW_K_SYS && this.kind <= RwKind.RW_K_FD;
  }

  /** A 64-bit field as a double: exact below 2^53. */
  wide(at: number): number {
    return this.#u32(at + 4) * 0x1_0000_0000 + this.#u32(at);
  }
  u32(at: number): number {
    return this.#u32(at);
  }
  i32(at: number): number {
    return this.#u32(at) | 0;
  }
  big(at: number): bigint {
    return this.#data.getBigUint64(this.#at + at, true);
  }

  /** The trailing bytes a span names; undefined when empty or out of the record. */
  span(at: number): Uint8Array | undefined {
    const offset = this.#u16(at);
    const length = this.#u16(at + 2);
    if (length === 0 || offset + length > this.#length) return undefined;
    return this.#bytes.subarray(this.#at + offset, this.#at + offset + length);
  }

  /** Length in bytes of what a span names; 0 when that is not in the record. */
  spanLength(at: number): number {
    const length = this.#u16(at + 2);
    return this.#u16(at) + length > this.#length ? 0 : length;
  }

  /** The string a span names. */
  spanText(at: number): string | undefined {
    const offset = this.#u16(at);
    const length = this.#u16(at + 2);
    if (length === 0 || offset + length > this.#length) return undefined;
    return this.#strings.decode(this.#bytes, this.#at + offset, length);
  }

  /** A fixed array of bytes up to its first NUL. */
  fixedText(at: number, size: number): string {
    let length = 0;
    while (length < size && this.#bytes[this.#at + at + length] !== 0) length += 1;
    return this.#strings.decode(this.#bytes, this.#at + at, length);
  }

  get typeName(): string {
    return eventTypeById.get(this.typeId)?.name ?? '';
  }
  get cpu(): number {
    return this.#u16(RwHdr.cpu);
  }
  get timeNs(): bigint {
    return this.big(RwHdr.time_ns) + this.epochOffsetNs;
  }
  get previousTimeNs(): bigint | undefined {
    return this.#previousNs === 0 ? undefined : BigInt(this.#previousNs) + this.epochOffsetNs;
  }
  /** CLOCK_BOOTTIME of the event last attached: what a view that goes on elsewhere has to know of its past. */
  get attachedNs(): number {
    return this.#timeNs;
  }
  set attachedNs(timeNs: number) {
    this.#timeNs = timeNs;
  }
  get flags(): number {
    return this.#u16(RwHdr.flags);
  }
  get pid(): number {
    return this.#u32(RwHdr.tgid);
  }
  get tid(): number {
    return this.#u32(RwHdr.tid);
  }
  get startNs(): number {
    return this.wide(RwHdr.start_ns);
  }
  get cgroupId(): number {
    return this.wide(RwHdr.cgroup_id);
  }
  get result(): number | undefined {
    if ((this.flags & EventFlag.noResult) !== 0) return undefined;
    if (this.kind === RwKind.RW_K_EXIT || this.kind === RwKind.RW_K_CGROUP) return undefined;
    const at = this.#at + RwHdr.result;
    return this.#data.getInt32(at + 4, true) * 0x1_0000_0000 + this.#data.getUint32(at, true);
  }

  arg(index: number): number {
    return this.#isSyscall() && index < 6 ? this.wide(RwSys.args + 8 * index) : 0;
  }
  arg64(index: number): bigint {
    return this.#isSyscall() && index < 6 ? this.big(RwSys.args + 8 * index) : 0n;
  }
  argInt(index: number): number {
    return this.#isSyscall() && index < 6 ? this.#u32(RwSys.args + 8 * index) | 0 : 0;
  }

  path(operand: 0 | 1): string | undefined {
    const bit = 1 << operand;
    if ((this.#resolved & bit) === 0) {
      this.#resolved |= bit;
      this.#paths[operand] = this.#findPath(operand);
    }
    return this.#paths[operand];
  }

  #findPath(operand: 0 | 1): string | undefined {
    switch (this.kind) {
      case RwKind.RW_K_OPEN:
        if (operand === 1) return undefined;
        return this.spanText(RwOpen.path) ?? this.#fromCaller(RwOpen.raw, RwOpen.base, true);
      case RwKind.RW_K_FD:
        if (operand === 1 || this.socketFamily !== undefined) return undefined;
        return this.spanText(RwFd.path);
      case RwKind.RW_K_PATH:
        return this.#fromCaller(
          RwPath.raw + 4 * operand,
          RwPath.base + 4 * operand,
          !NO_FOLLOW.has(this.typeName),
        );
      default:
        return undefined;
    }
  }

  #fromCaller(raw: number, base: number, followLast: boolean): string | undefined {
    const given = this.spanText(raw);
    const start = this.spanText(base);
    if (given === undefined) return start;
    if (given.startsWith('/')) {
      const inside = this.#resolver.resolve(this.process, given, followLast) ?? normalizePath(given);
      // `start` is the task's root as its mount namespace sees it: not `/` after chroot.
      return start === undefined || start === '/' ? inside : normalizePath(`${start}/${inside}`);
    }
    if (start === undefined) return undefined;
    const absolute = `${start}/${given}`;
    return this.#resolver.resolve(this.process, absolute, followLast) ?? normalizePath(absolute);
  }

  rawPath(operand: 0 | 1): string | undefined {
    if (this.kind === RwKind.RW_K_OPEN) return operand === 0 ? this.spanText(RwOpen.raw) : undefined;
    if (this.kind === RwKind.RW_K_PATH) return this.spanText(RwPath.raw + 4 * operand);
    return undefined;
  }

  hostPath(operand: 0 | 1): string | undefined {
    const path = this.path(operand);
    return path === undefined ? undefined : this.#resolver.hostPath(this.pid, this.process.mntNs, path);
  }

  text(operand: 0 | 1): string | undefined {
    return this.#isSyscall() ? this.spanText(RwSys.text + 4 * operand) : undefined;
  }

  /** Working directory after chdir, fchdir, chroot. */
  get newCwd(): string | undefined {
    return this.kind === RwKind.RW_K_PATH ? this.spanText(RwPath.cwd) : undefined;
  }

  #objectU16(at: number): number {
    return this.#data.getUint16(this.#object + at, true);
  }

  get objectKind(): ObjectKind {
    this.#objectKind ??= this.#findObjectKind();
    return this.#objectKind;
  }

  #findObjectKind(): ObjectKind {
    if (this.#object === 0) return 'none';
    const family = this.#objectU16(RwObject.family);
    if (family !== 0) {
      if (family === AF_INET) return 'ipv4';
      if (family === AF_INET6) return this.#isMapped() ? 'ipv4' : 'ipv6';
      if (family === AF_UNIX) return 'unix';
      if (family === AF_NETLINK) return 'netlink';
      return family === AF_PACKET ? 'packet' : 'other';
    }
    if (this.#data.getUint8(this.#object + RwObject.special) === MEMFD) return 'memfd';
    const mode = this.#objectU16(RwObject.mode);
    if (mode !== 0) return FILE_KINDS[(mode & S_IFMT) >> TYPE_SHIFT] ?? 'event';
    if (this.#data.getUint32(this.#object + RwObject.ino, true) !== 0) return 'event';
    return this.kind === RwKind.RW_K_OPEN ? 'file' : 'none';
  }

  /** A v4-mapped IPv6 peer (::ffff:a.b.c.d) is an IPv4 connection. */
  #isMapped(): boolean {
    const at = this.#object + RwObject.remote;
    return (
      this.#data.getUint32(at, true) === 0 &&
      this.#data.getUint32(at + 4, true) === 0 &&
      this.#data.getUint32(at + 8, true) === 0xffff0000
    );
  }

  get fd(): number | undefined {
    if (this.kind === RwKind.RW_K_OPEN) return this.i32(RwOpen.fd) < 0 ? -1 : this.i32(RwOpen.fd);
    return this.kind === RwKind.RW_K_FD ? this.i32(RwFd.fd) : undefined;
  }
  get inode(): bigint | undefined {
    if (this.#object === 0) return undefined;
    const ino = this.#data.getBigUint64(this.#object + RwObject.ino, true);
    return ino === 0n ? undefined : ino;
  }
  get deviceMajor(): number {
    return this.#object === 0 ? 0 : this.#data.getUint32(this.#object + RwObject.dev, true) >>> MINOR_BITS;
  }
  get deviceMinor(): number {
    return this.#object === 0 ? 0 : this.#data.getUint32(this.#object + RwObject.dev, true) & 0xfffff;
  }
  get fileMode(): number {
    return this.#object === 0 ? 0 : this.#objectU16(RwObject.mode);
  }
  get fileUid(): number | undefined {
    return this.inode === undefined ? undefined : this.#data.getUint32(this.#object + RwObject.uid, true);
  }
  get fileLayer(): 'upper' | 'lower' | undefined {
    const layer = this.#object === 0 ? 0 : this.#data.getUint8(this.#object + RwObject.layer);
    return layer === RwLayer.RW_LAYER_UPPER
      ? 'upper'
      : layer === RwLayer.RW_LAYER_LOWER
        ? 'lower'
        : undefined;
  }
  get openFlags(): number {
    return this.kind === RwKind.RW_K_OPEN ? this.#u32(RwOpen.open_flags) : 0;
  }
  get openMode(): number {
    return this.kind === RwKind.RW_K_OPEN ? this.#u32(RwOpen.open_mode) : 0;
  }
  get openCreated(): boolean {
    if (this.kind !== RwKind.RW_K_OPEN) return false;
    return (this.#u32(RwOpen.file_mode) & FMODE_CREATED) !== 0 && (this.openFlags & O_CREAT) !== 0;
  }
  get openedExec(): boolean {
    return this.kind === RwKind.RW_K_OPEN && (this.#u32(RwOpen.file_mode) & FMODE_EXEC) !== 0;
  }

  get socketFamily(): number | undefined {
    if (this.#object === 0) return undefined;
    const family = this.#objectU16(RwObject.family);
    return family === 0 ? undefined : family;
  }
  get socketType(): number | undefined {
    return this.socketFamily === undefined ? undefined : this.#objectU16(RwObject.sock_type);
  }
  get transport(): Transport {
    const family = this.socketFamily;
    if (family !== AF_INET && family !== AF_INET6) return '';
    switch (this.#objectU16(RwObject.protocol)) {
      case 6:
        return 'tcp';
      case 17:
        return 'udp';
      case 1:
      case 58:
        return 'icmp';
      default:
        return 'raw';
    }
  }

  #address(at: number): string | undefined {
    const family = this.socketFamily;
    if (family === AF_INET) return this.#addresses.v4(this.#data, this.#bytes, this.#object + at);
    return family === AF_INET6 ? this.#addresses.v6(this.#data, this.#bytes, this.#object + at) : undefined;
  }
  #hasPeer(): boolean {
    return this.#object !== 0 && this.#objectU16(RwObject.remote_port) !== 0;
  }
  get localIp(): string | undefined {
    return this.#address(RwObject.local);
  }
  get localPort(): number | undefined {
    return this.#isInet() ? this.#objectU16(RwObject.local_port) : undefined;
  }
  #isInet(): boolean {
    return this.socketFamily === AF_INET || this.socketFamily === AF_INET6;
  }
  get remoteIp(): string | undefined {
    return this.#hasPeer() ? this.#address(RwObject.remote) : this.callerIp;
  }
  get remotePort(): number | undefined {
    return this.#hasPeer() && this.#isInet() ? this.#objectU16(RwObject.remote_port) : this.callerPort;
  }

  /** The sockaddr the caller passed, when it is one of the families that carry an address. */
  #sockaddr(): { readonly family: number; readonly at: number } | undefined {
    if (this.kind !== RwKind.RW_K_FD || this.typeName === 'bind') return undefined;
    const offset = this.#u16(RwFd.address);
    const length = this.#u16(RwFd.address + 2);
    if (length < 8 || offset + length > this.#length) return undefined;
    const at = this.#at + offset;
    const family = this.#data.getUint16(at, true);
    if (family === AF_INET && length >= 8) return { family, at };
    return family === AF_INET6 && length >= 24 ? { family, at } : undefined;
  }
  get callerIp(): string | undefined {
    const address = this.#sockaddr();
    if (address === undefined) return undefined;
    return address.family === AF_INET
      ? this.#addresses.v4(this.#data, this.#bytes, address.at + 4)
      : this.#addresses.v6(this.#data, this.#bytes, address.at + 8);
  }
  get callerPort(): number | undefined {
    const address = this.#sockaddr();
    return address === undefined ? undefined : this.#data.getUint16(address.at + 2, false);
  }
  get isServer(): boolean | undefined {
    if (!this.#isInet()) return undefined;
    const role = this.#data.getUint8(this.#object + RwObject.role);
    return role === 0 ? undefined : role === 2;
  }
  get socketConnected(): boolean {
    return this.#isInet() && this.#data.getUint8(this.#object + RwObject.state) === TCP_ESTABLISHED;
  }
  get unixPath(): string | undefined {
    if (this.socketFamily !== AF_UNIX) return undefined;
    const name = this.spanText(RwFd.path) ?? this.#unixFromCaller();
    return name === undefined ? undefined : name.replace(/\0+$/, '').replace(/^\0/, '@');
  }
  #unixFromCaller(): string | undefined {
    const address = this.span(RwFd.address);
    if (address === undefined || address.length < 3 || address[0] !== AF_UNIX) return undefined;
    const end = address.indexOf(0, 3);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
      address.subarray(2, end < 0 ? address.length : end),
    );
  }

  /** Milliseconds on the clock of the records. */
  get timeMs(): number {
    return this.#timeNs / 1e6;
  }

  /** The datagram from a name server that the event received. */
  get nameAnswer(): Uint8Array | undefined {
    if (this.kind !== RwKind.RW_K_FD || RECEIVING[this.typeId] !== 1) return undefined;
    if (this.#objectU16(RwObject.protocol) !== UDP || !this.#isInet()) return undefined;
    const port = this.#objectU16(RwObject.remote_port) || this.callerPort;
    return port === DNS_PORT ? this.data : undefined;
  }

  get data(): Uint8Array | undefined {
    return this.#isSyscall() ? this.span(RwSys.data) : undefined;
  }
  get execFailed(): boolean {
    return this.kind === RwKind.RW_K_SYS && (this.typeId === EXECVE || this.typeId === EXECVEAT);
  }
  get childPid(): number | undefined {
    return this.kind === RwKind.RW_K_FORK ? this.#u32(RwFork.child_tgid) : undefined;
  }
  /** Length in bytes of the record. */
  get length(): number {
    return this.#length;
  }
  /** First byte of a field of the record, for decoders of fixed parts. */
  byte(at: number): number {
    return this.#u8(at);
  }
}
