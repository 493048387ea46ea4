import { eventTypeByName } from '../event-types.js';
import {
  RwCgroup,
  RwExec,
  RwExit,
  RwFd,
  RwFork,
  RwHdr,
  RwKind,
  RwObject,
  RwOpen,
  RwPath,
  RwSys,
} from '../layout.generated.js';

type Text = string | Uint8Array;

/** What every record says; everything has a quiet default. */
export interface HeaderFacts {
  readonly type?: string;
  readonly timeNs?: bigint;
  readonly cgroup?: number;
  readonly startNs?: number;
  readonly result?: number;
  readonly capEffective?: bigint;
  readonly capPermitted?: bigint;
  readonly pid?: number;
  readonly tid?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly euid?: number;
  readonly egid?: number;
  readonly flags?: number;
  readonly cpu?: number;
}
export interface SysFacts extends HeaderFacts {
  /** Registers; negative numbers as 64-bit two's complement. */
  readonly args?: readonly (number | bigint)[];
  readonly texts?: readonly (Text | undefined)[];
  readonly data?: Uint8Array;
}
export interface ObjectFacts {
  readonly inode?: bigint;
  readonly dev?: number;
  readonly objectUid?: number;
  readonly mode?: number;
  readonly family?: number;
  readonly socketType?: number;
  readonly protocol?: number;
  readonly localPort?: number;
  readonly remotePort?: number;
  readonly state?: number;
  readonly role?: number;
  readonly special?: number;
  /** 4 or 16 bytes. */
  readonly local?: readonly number[];
  readonly remote?: readonly number[];
}
export interface OpenFacts extends SysFacts, ObjectFacts {
  readonly fd?: number;
  readonly openFlags?: number;
  readonly openMode?: number;
  readonly fileMode?: number;
  readonly path?: Text;
  readonly raw?: Text;
  readonly base?: Text;
}
export interface PathFacts extends SysFacts {
  readonly bases?: readonly (Text | undefined)[];
  readonly raws?: readonly (Text | undefined)[];
  readonly cwd?: Text;
}
export interface FdFacts extends SysFacts, ObjectFacts {
  readonly fd?: number;
  readonly path?: Text;
  readonly address?: Uint8Array;
}
export interface ForkFacts extends HeaderFacts {
  readonly childPid: number;
  readonly childStartNs?: number;
  readonly childCgroup?: number;
  readonly childVpid?: number;
  readonly childPidNs?: number;
  readonly comm?: string;
}
export interface ExecFacts extends HeaderFacts {
  readonly comm?: string;
  readonly path?: Text;
  readonly cwd?: Text;
  readonly args?: readonly string[];
  /** Bytes of argv before any cut; those of `args` unless given. */
  readonly argsLength?: number;
  readonly env?: readonly string[];
  /** Numbers of the fixed part, by the name the layout gives them. */
  readonly fixed?: Partial<Record<keyof typeof RwExec, number>>;
  readonly inode?: bigint;
  readonly capInheritable?: bigint;
}

const encoder = new TextEncoder();
const bytesOf = (text: Text): Uint8Array => (typeof text === 'string' ? encoder.encode(text) : text);
const strings = (items: readonly string[]): string => items.map((item) => `${item}\0`).join('');

/** Lays a record out as the kernel side does: a fixed part, then the bytes its spans name. */
class Layout {
  readonly #fixed: DataView<ArrayBuffer>;
  readonly #trailing: Uint8Array[] = [];
  #end: number;

  constructor(size: number, kind: number, type: string, facts: HeaderFacts) {
    this.#fixed = new DataView(new ArrayBuffer(size));
    this.#end = size;
    this.u64(RwHdr.time_ns, facts.timeNs ?? 0n);
    this.u64(RwHdr.cgroup_id, facts.cgroup ?? 1);
    this.u64(RwHdr.start_ns, facts.startNs ?? 1_000_000_001);
    this.u64(RwHdr.result, facts.result ?? 0);
    this.u64(RwHdr.cap_effective, facts.capEffective ?? 0n);
    this.u64(RwHdr.cap_permitted, facts.capPermitted ?? 0n);
    this.u32(RwHdr.tgid, facts.pid ?? 100);
    this.u32(RwHdr.tid, facts.tid ?? facts.pid ?? 100);
    this.u32(RwHdr.uid, facts.uid ?? 0);
    this.u32(RwHdr.gid, facts.gid ?? 0);
    this.u32(RwHdr.euid, facts.euid ?? facts.uid ?? 0);
    this.u32(RwHdr.egid, facts.egid ?? facts.gid ?? 0);
    this.u16(RwHdr.type, eventTypeByName.get(facts.type ?? type)?.id ?? 0);
    this.u16(RwHdr.flags, facts.flags ?? 0);
    this.u16(RwHdr.cpu, facts.cpu ?? 0);
    this.u8(RwHdr.kind, kind);
  }

  u8(at: number, value: number): void {
    this.#fixed.setUint8(at, value);
  }
  u16(at: number, value: number): void {
    this.#fixed.setUint16(at, value, true);
  }
  u32(at: number, value: number): void {
    this.#fixed.setUint32(at, value, true);
  }
  u64(at: number, value: number | bigint): void {
    this.#fixed.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
  }
  bytes(at: number, values: Iterable<number>): void {
    let next = at;
    for (const value of values) this.u8(next++, value);
  }
  span(at: number, text: Text | undefined): void {
    if (text === undefined) return;
    const bytes = bytesOf(text);
    if (bytes.length === 0) return;
    this.u16(at, this.#end);
    this.u16(at + 2, bytes.length);
    this.#trailing.push(bytes);
    this.#end += bytes.length;
  }

  sys(facts: SysFacts): void {
    for (const [i, value] of (facts.args ?? []).entries()) this.u64(RwSys.args + 8 * i, value);
    for (const [i, text] of (facts.texts ?? []).entries()) this.span(RwSys.text + 4 * i, text);
    this.span(RwSys.data, facts.data);
  }
  object(at: number, facts: ObjectFacts): void {
    this.u64(at + RwObject.ino, facts.inode ?? 0n);
    this.u32(at + RwObject.dev, facts.dev ?? 0);
    this.u32(at + RwObject.uid, facts.objectUid ?? 0);
    this.u16(at + RwObject.mode, facts.mode ?? 0);
    this.u16(at + RwObject.family, facts.family ?? 0);
    this.u16(at + RwObject.sock_type, facts.socketType ?? 0);
    this.u16(at + RwObject.protocol, facts.protocol ?? 0);
    this.u16(at + RwObject.local_port, facts.localPort ?? 0);
    this.u16(at + RwObject.remote_port, facts.remotePort ?? 0);
    this.u8(at + RwObject.state, facts.state ?? 0);
    this.u8(at + RwObject.role, facts.role ?? 0);
    this.u8(at + RwObject.special, facts.special ?? 0);
    this.bytes(at + RwObject.local, facts.local ?? []);
    this.bytes(at + RwObject.remote, facts.remote ?? []);
  }

  done(): Uint8Array<ArrayBuffer> {
    const record = new Uint8Array(this.#end);
    record.set(new Uint8Array(this.#fixed.buffer));
    let at = this.#fixed.byteLength;
    for (const bytes of this.#trailing) {
      record.set(bytes, at);
      at += bytes.length;
    }
    return record;
  }
}

export function sysRecord(facts: SysFacts): Uint8Array<ArrayBuffer> {
  const r = new Layout(RwSys.size, RwKind.RW_K_SYS, 'kill', facts);
  r.sys(facts);
  return r.done();
}

export function openRecord(facts: OpenFacts): Uint8Array<ArrayBuffer> {
  const r = new Layout(RwOpen.size, RwKind.RW_K_OPEN, 'openat', facts);
  r.sys(facts);
  r.object(RwOpen.object, facts);
  r.u32(RwOpen.fd, facts.fd ?? facts.result ?? 0);
  r.u32(RwOpen.open_flags, facts.openFlags ?? 0);
  r.u32(RwOpen.open_mode, facts.openMode ?? 0);
  r.u32(RwOpen.file_mode, facts.fileMode ?? 0);
  r.span(RwOpen.raw, facts.raw);
  r.span(RwOpen.path, facts.path);
  r.span(RwOpen.base, facts.base);
  return r.done();
}

export function pathRecord(facts: PathFacts): Uint8Array<ArrayBuffer> {
  const r = new Layout(RwPath.size, RwKind.RW_K_PATH, 'unlinkat', facts);
  r.sys(facts);
  for (const [i, base] of (facts.bases ?? []).entries()) r.span(RwPath.base + 4 * i, base);
  for (const [i, raw] of (facts.raws ?? []).entries()) r.span(RwPath.raw + 4 * i, raw);
  r.span(RwPath.cwd, facts.cwd);
  return r.done();
}

export function fdRecord(facts: FdFacts): Uint8Array<ArrayBuffer> {
  const r = new Layout(RwFd.size, RwKind.RW_K_FD, 'read', facts);
  r.sys(facts);
  r.object(RwFd.object, facts);
  r.u32(RwFd.fd, facts.fd ?? 0);
  r.span(RwFd.path, facts.path);
  r.span(RwFd.address, facts.address);
  return r.done();
}

export function forkRecord(facts: ForkFacts): Uint8Array<ArrayBuffer> {
  const r = new Layout(RwFork.size, RwKind.RW_K_FORK, 'procstart', facts);
  r.u64(RwFork.child_start_ns, facts.childStartNs ?? 2_000_000_001);
  r.u64(RwFork.child_cgroup_id, facts.childCgroup ?? facts.cgroup ?? 1);
  r.u32(RwFork.child_tgid, facts.childPid);
  r.u32(RwFork.child_vpid, facts.childVpid ?? facts.childPid);
  r.u32(RwFork.child_pid_ns, facts.childPidNs ?? 0);
  r.bytes(RwFork.comm, encoder.encode(facts.comm ?? 'sh').subarray(0, 15));
  return r.done();
}

export function execRecord(facts: ExecFacts): Uint8Array<ArrayBuffer> {
  const r = new Layout(RwExec.size, RwKind.RW_K_EXEC, 'execve', facts);
  const args = strings(facts.args ?? ['sh']);
  r.u64(RwExec.cap_inheritable, facts.capInheritable ?? 0n);
  r.u64(RwExec.ino, facts.inode ?? 0n);
  r.u32(RwExec.args_len, facts.argsLength ?? bytesOf(args).length);
  r.bytes(RwExec.comm, encoder.encode(facts.comm ?? 'sh').subarray(0, 15));
  for (const [name, value] of Object.entries(facts.fixed ?? {})) {
    r.u32(RwExec[name as keyof typeof RwExec], value); // keys of `fixed` are keys of the layout
  }
  r.span(RwExec.path, facts.path ?? '/bin/sh');
  r.span(RwExec.cwd, facts.cwd ?? '/');
  r.span(RwExec.args, args);
  r.span(RwExec.env, strings(facts.env ?? []));
  return r.done();
}

export const exitRecord = (facts: HeaderFacts): Uint8Array<ArrayBuffer> =>
  new Layout(RwExit.size, RwKind.RW_K_EXIT, 'procexit', facts).done();

export function cgroupRecord(
  facts: HeaderFacts & { readonly id: number; readonly path: string },
): Uint8Array<ArrayBuffer> {
  const r = new Layout(RwCgroup.size, RwKind.RW_K_CGROUP, 'cgroupcreate', facts);
  r.u64(RwCgroup.id, facts.id);
  r.span(RwCgroup.path, facts.path);
  return r.done();
}
