import { type FileHandle, open, rename } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress } from 'node:zlib';
import { EvidenceError } from '../error.js';
import { writeBlockHeader } from './block.js';
import { headerText, MAGIC, PREFIX_BYTES, type SegmentHeader } from './header.js';
import type { RawBlock } from './recorder.js';

const compress = promisify(zstdCompress);
/** Fast, and what is repeated for every record is found at any level. */
const LEVEL = 1;

/** The start of a segment's file: magic, length and checksum of the header, the header, padded to 8 bytes. */
export function writeHeader(header: SegmentHeader): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(headerText(header));
  const bytes = new Uint8Array(PREFIX_BYTES + ((json.length + 7) & ~7));
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  bytes.set(json, PREFIX_BYTES);
  view.setUint32(8, json.length, true);
  view.setUint32(12, crc32(json), true);
  return bytes;
}

export type StoredBlock = Pick<RawBlock, 'used' | 'records' | 'eventsBefore' | 'fromNs' | 'toNs'> & {
  readonly bytes: Uint8Array;
};

/** One segment's file while it is written. Only its owner can read it: it holds what programs were told. */
export class SegmentWriter {
  readonly path: string;
  #bytes = 0;
  #sequence = 0;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /**
   * @throws EvidenceError RECORDING_EXISTS when there is such a file already, unless `force`; RECORDING_WRITE_FAILED
   */
  static async create(path: string, header: SegmentHeader, force = false): Promise<SegmentWriter> {
    // A file that is replaced is not truncated: whoever reads it goes on reading what it was.
    const target = force ? `${path}.new` : path;
    try {
      const file = await open(target, force ? 'w' : 'wx', 0o600);
      if (force) await rename(target, path);
      const writer = new SegmentWriter(path, file);
      await writer.#append(writeHeader(header));
      return writer;
    } catch (cause) {
      throw writeError(path, cause);
    }
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#bytes;
  }

  async #append(...parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      for (let done = 0; done < part.length; ) {
        done += (await this.#file.write(part, done, part.length - done)).bytesWritten;
      }
      this.#bytes += part.length;
    }
  }

  /** @throws EvidenceError RECORDING_WRITE_FAILED, after which the segment ends with what was written before */
  async write(block: StoredBlock): Promise<void> {
    const head = writeBlockHeader({
      sequence: this.#sequence,
      storedBytes: block.bytes.length,
      rawBytes: block.used,
      checksum: crc32(block.bytes),
      records: block.records,
      eventsBefore: block.eventsBefore,
      fromNs: block.fromNs,
      toNs: block.toNs,
    });
    this.#sequence += 1;
    try {
      await this.#append(head, block.bytes);
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Takes place off the calling thread. */
export const compressBlock = (block: RawBlock): Promise<Uint8Array> =>
  compress(new Uint8Array(block.buffer, 0, block.used), {
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  });

/** What a failed write means to people. */
export function writeError(path: string, cause: unknown): EvidenceError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EEXIST') {
    return new EvidenceError('RECORDING_EXISTS', `\`${path}\` exists already`, {
      help: 'choose another name, or replace it with `--force`',
      cause,
    });
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return new EvidenceError('RECORDING_WRITE_FAILED', `\`${path}\` cannot be written: ${why}`, {
    help: code === 'ENOSPC' ? 'make room on the file system' : 'check the folder and its permissions',
    cause,
  });
}
