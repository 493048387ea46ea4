import { EventFlag, type ExecutableFacts, type RingView, RwExec, RwExeFact, RwHdr } from '@runward/events';
import type { ProcessImage } from './process-entry.js';

const decoder = new TextDecoder();
const MINOR_BITS = 20;
const S_IWOTH = 0o002;
const S_IWGRP = 0o020;
const S_IWUSR = 0o200;

/** NUL-separated strings, as in /proc/PID/cmdline; a missing last NUL means the last one was cut. */
export function splitStrings(bytes: Uint8Array | undefined): string[] {
  if (bytes === undefined || bytes.length === 0) return [];
  const end = bytes[bytes.length - 1] === 0 ? bytes.length - 1 : bytes.length;
  return decoder.decode(bytes.subarray(0, end)).split('\0');
}

/** Facts of an exec, decoded on first use: most images are never asked for all of them. */
export class ExecImage implements ProcessImage {
  readonly comm: string;
  readonly execAtNs: number;
  readonly #path: string;
  readonly #fixed: DataView;
  #argBytes: Uint8Array | undefined;
  #envBytes: Uint8Array | undefined;
  #args: readonly string[] | undefined;
  #env: readonly string[] | undefined;
  #executable: ExecutableFacts | undefined;

  constructor(view: RingView) {
    const record = view.copy();
    this.#fixed = new DataView(record.buffer);
    this.comm = view.fixedText(RwExec.comm, 16);
    this.#path = view.spanText(RwExec.path) ?? '';
    this.execAtNs = view.wide(RwHdr.time_ns);
    this.#argBytes = spanOf(this.#fixed, record, RwExec.args);
    this.#envBytes = spanOf(this.#fixed, record, RwExec.env);
  }

  get args(): readonly string[] {
    if (this.#args === undefined) {
      this.#args = splitStrings(this.#argBytes);
      this.#argBytes = undefined;
    }
    return this.#args;
  }
  get argsTruncated(): boolean {
    return (
      (this.#fixed.getUint16(RwHdr.flags, true) & EventFlag.truncated) !== 0 &&
      this.#fixed.getUint32(RwExec.args_len, true) > this.#fixed.getUint16(RwExec.args + 2, true)
    );
  }
  get env(): readonly string[] {
    if (this.#env === undefined) {
      this.#env = splitStrings(this.#envBytes);
      this.#envBytes = undefined;
    }
    return this.#env;
  }
  get executable(): ExecutableFacts {
    this.#executable ??= this.#readExecutable();
    return this.#executable;
  }

  #readExecutable(): ExecutableFacts {
    const v = this.#fixed;
    const facts = v.getUint32(RwExec.exe_facts, true);
    const dev = v.getUint32(RwExec.dev, true);
    const mode = v.getUint32(RwExec.file_mode, true);
    const uid = v.getUint32(RwExec.file_uid, true);
    const has = (bit: number): boolean => (facts & bit) !== 0;
    const euid = v.getUint32(RwHdr.euid, true);
    const egid = v.getUint32(RwHdr.egid, true);
    const gid = v.getUint32(RwExec.file_gid, true);
    return {
      path: this.#path,
      inode: v.getBigUint64(RwExec.ino, true),
      deviceMajor: dev >>> MINOR_BITS,
      deviceMinor: dev & 0xfffff,
      ctimeNs: v.getBigUint64(RwExec.ctime_ns, true),
      mtimeNs: v.getBigUint64(RwExec.mtime_ns, true),
      uid,
      mode,
      upperLayer: has(RwExeFact.RW_EXE_UPPER),
      lowerLayer: has(RwExeFact.RW_EXE_LOWER),
      memfd: has(RwExeFact.RW_EXE_MEMFD),
      deleted: has(RwExeFact.RW_EXE_DELETED),
      writable: isWritable(mode, uid, gid, euid, egid),
      setuid: has(RwExeFact.RW_EXE_SETUID),
      setgid: has(RwExeFact.RW_EXE_SETGID),
    };
  }
}

/** By the permission bits alone: superuser rights and ACLs aside, who may write the file. */
function isWritable(mode: number, uid: number, gid: number, euid: number, egid: number): boolean {
  if (euid === 0) return true;
  if (euid === uid) return (mode & S_IWUSR) !== 0;
  if (egid === gid) return (mode & S_IWGRP) !== 0;
  return (mode & S_IWOTH) !== 0;
}

function spanOf(fixed: DataView, record: Uint8Array, at: number): Uint8Array | undefined {
  const offset = fixed.getUint16(at, true);
  const length = fixed.getUint16(at + 2, true);
  return length === 0 || offset + length > record.length
    ? undefined
    : record.subarray(offset, offset + length);
}
