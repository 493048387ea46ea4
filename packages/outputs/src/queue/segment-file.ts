import { closeSync, fdatasync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** Length and checksum, 4 bytes each, little endian. */
export const HEADER_BYTES = 8;
/** No record is larger: what claims to be is damage. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;

/** Records from `offset` on, up to the first that is torn or damaged. */
export interface Scan {
  readonly records: readonly Buffer[];
  /** Behind the last whole record. */
  readonly end: number;
  /** Bytes behind `end` that are no record. */
  readonly torn: number;
}

export function scanRecords(bytes: Buffer, offset: number, atMost = Number.POSITIVE_INFINITY): Scan {
  const records: Buffer[] = [];
  let at = offset;
  while (records.length < atMost && at + HEADER_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    const end = at + HEADER_BYTES + length;
    if (length > MAX_RECORD_BYTES || end > bytes.length) break;
    const record = bytes.subarray(at + HEADER_BYTES, end);
    if (crc32(record) !== bytes.readUInt32LE(at + 4)) break;
    records.push(record);
    at = end;
  }
  return { records, end: at, torn: records.length < atMost ? bytes.length - at : 0 };
}

export function frame(record: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(record.length, 0);
  header.writeUInt32LE(crc32(record), 4);
  return Buffer.concat([header, record]);
}

/** The file that is written to: what is half written when something fails is taken back. */
export class SegmentFile {
  readonly #fd: number;
  #size: number;

  constructor(path: string, size: number) {
    this.#fd = openSync(path, 'a', 0o600);
    this.#size = size;
    ftruncateSync(this.#fd, size);
  }

  get size(): number {
    return this.#size;
  }

  /** All of it or nothing. @throws NodeJS.ErrnoException such as ENOSPC */
  append(bytes: Buffer): void {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
      this.#size += bytes.length;
    } catch (error) {
      ftruncateSync(this.#fd, this.#size);
      throw error;
    }
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) =>
      fdatasync(this.#fd, (error) => (error ? reject(error) : resolve())),
    );
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** What is there of the bytes from `offset` on. @throws NodeJS.ErrnoException */
export function readBytes(path: string, offset: number, length: number): Buffer {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    for (let read = -1; read !== 0 && done < length; done += read)
      read = readSync(fd, bytes, done, length - done, offset + done);
    return bytes.subarray(0, done);
  } finally {
    closeSync(fd);
  }
}
