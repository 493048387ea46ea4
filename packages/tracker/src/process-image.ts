import { EventFlag, type ExecutableFacts, type RingView, RwExec, RwExeFact, RwHdr } from '@runward/events';
import type { ProcessImage } from './process-entry.js';

const decoder = new TextDecoder();
const MINOR_BITS = 20;
const S_IWOTH = 0o002;
const S_IWGRP = 0o020;
const S_IWUSR = 0o200;

/** NUL-separated strings, as in /proc/PID/cmdline; a missing last NUL means the last one was cut. */
export function splitStrings(bytes: Uint8Array | undefined): string[] {
  return bytes === undefined ? [] : splitText(decoder.decode(bytes));
}

function splitText(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}

const SPLIT_KEPT = 512;
const splits = new Map<string, readonly string[]>();

/** The same list for the same text: what runs again and again does so with the same arguments. */
function splitAgain(text: string): readonly string[] {
  let list = splits.get(text);
  if (list === undefined) {
    if (splits.size >= SPLIT_KEPT) splits.clear();
    list = splitText(text);
    splits.set(text, list);
  }
  return list;
}

/** Texts up to this length are decoded at once, most of them without an allocation; longer ones when asked for. */
const SHORT = 192;

/** NUL-separated strings of a record: their text, or a copy of their bytes. */
type Packed = string | Uint8Array | undefined;

function pack(view: RingView, at: number): Packed {
  return view.spanLength(at) <= SHORT ? view.spanText(at) : view.span(at)?.slice();
}

const unpack = (packed: Packed): readonly string[] =>
  typeof packed === 'string' ? splitAgain(packed) : splitStrings(packed);

/**
 * Facts of an exec. Numbers are copied out one by one, since a copy of the whole record costs several times as
 * much; what is built from them is built on first use, and most images are never asked.
 */
export class ExecImage implements ProcessImage {
  readonly comm: string;
  readonly execAtNs: number;
  readonly argsTruncated: boolean;
  readonly #path: string;
  readonly #ino: number;
  readonly #inoHigh: number;
  readonly #ctime: number;
  readonly #ctimeHigh: number;
  readonly #mtime: number;
  readonly #mtimeHigh: number;
  readonly #dev: number;
  readonly #facts: number;
  readonly #mode: number;
  readonly #uid: number;
  readonly #gid: number;
  readonly #euid: number;
  readonly #egid: number;
  readonly #packedArgs: Packed;
  readonly #packedEnv: Packed;
  #args: readonly string[] | undefined;
  #env: readonly string[] | undefined;
  #executable: ExecutableFacts | undefined;

  constructor(view: RingView) {
    this.comm = view.fixedText(RwExec.comm, 16);
    this.execAtNs = view.wide(RwHdr.time_ns);
    this.argsTruncated =
      (view.flags & EventFlag.truncated) !== 0 && view.u32(RwExec.args_len) > view.spanLength(RwExec.args);
    this.#path = view.spanText(RwExec.path) ?? '';
    this.#ino = view.u32(RwExec.ino);
    this.#inoHigh = view.u32(RwExec.ino + 4);
    this.#ctime = view.u32(RwExec.ctime_ns);
    this.#ctimeHigh = view.u32(RwExec.ctime_ns + 4);
    this.#mtime = view.u32(RwExec.mtime_ns);
    this.#mtimeHigh = view.u32(RwExec.mtime_ns + 4);
    this.#dev = view.u32(RwExec.dev);
    this.#facts = view.u32(RwExec.exe_facts);
    this.#mode = view.u32(RwExec.file_mode);
    this.#uid = view.u32(RwExec.file_uid);
    this.#gid = view.u32(RwExec.file_gid);
    this.#euid = view.u32(RwHdr.euid);
    this.#egid = view.u32(RwHdr.egid);
    this.#packedArgs = pack(view, RwExec.args);
    this.#packedEnv = pack(view, RwExec.env);
  }

  get args(): readonly string[] {
    this.#args ??= unpack(this.#packedArgs);
    return this.#args;
  }
  get env(): readonly string[] {
    this.#env ??= unpack(this.#packedEnv);
    return this.#env;
  }
  get executable(): ExecutableFacts {
    this.#executable ??= this.#readExecutable();
    return this.#executable;
  }

  #readExecutable(): ExecutableFacts {
    const has = (bit: number): boolean => (this.#facts & bit) !== 0;
    return {
      path: this.#path,
      inode: joined(this.#inoHigh, this.#ino),
      deviceMajor: this.#dev >>> MINOR_BITS,
      deviceMinor: this.#dev & 0xfffff,
      ctimeNs: joined(this.#ctimeHigh, this.#ctime),
      mtimeNs: joined(this.#mtimeHigh, this.#mtime),
      uid: this.#uid,
      mode: this.#mode,
      upperLayer: has(RwExeFact.RW_EXE_UPPER),
      lowerLayer: has(RwExeFact.RW_EXE_LOWER),
      memfd: has(RwExeFact.RW_EXE_MEMFD),
      deleted: has(RwExeFact.RW_EXE_DELETED),
      writable: isWritable(this.#mode, this.#uid, this.#gid, this.#euid, this.#egid),
      setuid: has(RwExeFact.RW_EXE_SETUID),
      setgid: has(RwExeFact.RW_EXE_SETGID),
    };
  }
}

const joined = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low);

/** By the permission bits alone: superuser rights and ACLs aside, who may write the file. */
function isWritable(mode: number, uid: number, gid: number, euid: number, egid: number): boolean {
  if (euid === 0) return true;
  if (euid === uid) return (mode & S_IWUSR) !== 0;
  if (egid === gid) return (mode & S_IWGRP) !== 0;
  return (mode & S_IWOTH) !== 0;
}
