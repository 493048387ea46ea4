import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { EvidenceError } from '../error.js';
import { BLOCK_HEADER_BYTES, BLOCK_MAGIC, type BlockHeader, readBlockHeader } from './block.js';
import { Decompressor } from './decompressor.js';
import { MAGIC, MAX_HEADER_BYTES, PREFIX_BYTES, parseHeader, type SegmentHeader } from './header.js';

const SCAN_BYTES = 1024 * 1024;
const WINDOW_BYTES = 256 * 1024;

/** Where a block is in its file. */
export interface BlockPlace extends BlockHeader {
  readonly offset: number;
}

/** Bytes of a file that are of no use. */
export interface DamagedPart {
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
}

/** Whether a file that begins with these bytes is a recording. */
export const isRecording = (start: Uint8Array): boolean => MAGIC.every((byte, i) => start[i] === byte);

/**
 * One segment of a recording. Opening it finds its blocks without reading what is in them; damaged places and a
 * torn end are known from then on.
 */
export class RecordingFile {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly bytes: number;
  readonly blocks: readonly BlockPlace[];
  readonly damaged: readonly DamagedPart[];
  readonly #file: FileHandle;
  readonly #decompressor = new Decompressor();
  readonly #window: Window;

  private constructor(path: string, file: FileHandle, header: SegmentHeader, found: Found) {
    this.path = path;
    this.#file = file;
    this.#window = new Window(file);
    this.header = header;
    this.bytes = found.size;
    this.blocks = found.blocks;
    this.damaged = found.damaged;
  }

  /**
   * @throws EvidenceError RECORDING_UNREADABLE, RECORDING_UNRECOGNISED, RECORDING_VERSION, RECORDING_LAYOUT,
   * RECORDING_HEADER_DAMAGED
   */
  static async open(path: string): Promise<RecordingFile> {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (cause) {
      throw unreadable(path, cause);
    }
    try {
      const { size } = await file.stat();
      const { header, end } = await readHeader(file, path);
      return new RecordingFile(path, file, header, await findBlocks(file, end, size));
    } catch (cause) {
      await file.close();
      throw cause instanceof EvidenceError ? cause : unreadable(path, cause);
    }
  }

  /**
   * The frames of a block, good until the next call.
   *
   * @returns why not, when the block is damaged
   * @throws EvidenceError RECORDING_UNREADABLE
   */
  async read(block: BlockPlace): Promise<Uint8Array<ArrayBuffer> | string> {
    let stored: Uint8Array;
    try {
      stored = await this.#window.read(block.offset + BLOCK_HEADER_BYTES, block.storedBytes);
    } catch (cause) {
      throw unreadable(this.path, cause);
    }
    if (stored.length < block.storedBytes) return 'the block is cut off';
    if (crc32(stored) !== block.checksum) return 'the checksum of the block is wrong';
    const raw = this.#decompressor.decompress(stored, block.rawBytes);
    return raw ?? 'the block cannot be decompressed to what it should be';
  }

  async close(): Promise<void> {
    this.#decompressor.close();
    await this.#file.close();
  }
}

interface Found {
  readonly size: number;
  readonly blocks: readonly BlockPlace[];
  readonly damaged: readonly DamagedPart[];
}

const unreadable = (path: string, cause: unknown): EvidenceError =>
  new EvidenceError(
    'RECORDING_UNREADABLE',
    `\`${path}\` cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    { help: 'check the path and its permissions', cause },
  );

/** Reads a file in larger pieces than it is asked for: one system call for many small blocks. */
class Window {
  readonly #file: FileHandle;
  #start = 0;
  #bytes = new Uint8Array(0);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset < this.#start || offset + length > this.#start + this.#bytes.length) {
      this.#start = offset;
      this.#bytes = await readAt(this.#file, offset, Math.max(length, WINDOW_BYTES));
    }
    const at = offset - this.#start;
    return this.#bytes.subarray(at, at + length);
  }
}

/** Fewer bytes than asked for only where the file ends. */
async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done === length ? bytes : bytes.subarray(0, done);
}

async function readHeader(
  file: FileHandle,
  path: string,
): Promise<{ readonly header: SegmentHeader; readonly end: number }> {
  const prefix = await readAt(file, 0, PREFIX_BYTES);
  if (!isRecording(prefix)) {
    throw new EvidenceError('RECORDING_UNRECOGNISED', `\`${path}\` is no recording`, {
      help: 'recordings are made with `runward record`',
    });
  }
  const damaged = (why: string): EvidenceError =>
    new EvidenceError('RECORDING_HEADER_DAMAGED', `the header of \`${path}\` is damaged: ${why}`, {
      help: 'nothing after it can be understood without it; use another copy',
    });
  if (prefix.length < PREFIX_BYTES) throw damaged('it is cut off');
  const view = new DataView(prefix.buffer);
  const length = view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) throw damaged('it is too long');
  const json = await readAt(file, PREFIX_BYTES, length);
  if (json.length < length) throw damaged('it is cut off');
  if (crc32(json) !== view.getUint32(12, true)) throw damaged('its checksum is wrong');
  const header = parseHeader(new TextDecoder().decode(json), path);
  return { header, end: PREFIX_BYTES + ((length + 7) & ~7) };
}

/** Hops from block to block; where there is none, looks for the next one. */
async function findBlocks(file: FileHandle, start: number, size: number): Promise<Found> {
  const blocks: BlockPlace[] = [];
  const damaged: DamagedPart[] = [];
  const window = new Window(file);
  for (let at = start; at < size; ) {
    const block = readBlockHeader(await window.read(at, BLOCK_HEADER_BYTES));
    if (block !== undefined) {
      const end = at + BLOCK_HEADER_BYTES + block.storedBytes;
      if (end <= size) {
        blocks.push({ ...block, offset: at });
        at = end;
        continue;
      }
    }
    const next = await nextBlock(file, at + 1, size);
    const isTorn = next === size && (block !== undefined || size - at < BLOCK_HEADER_BYTES);
    const reason = isTorn ? 'the last block is cut off' : 'what is here is no block';
    damaged.push({ offset: at, bytes: next - at, reason });
    at = next;
  }
  return { size, blocks, damaged };
}

/** Offset of the next block header that is whole; the end of the file when there is none. */
async function nextBlock(file: FileHandle, from: number, size: number): Promise<number> {
  for (let base = from; base < size; base += SCAN_BYTES - BLOCK_HEADER_BYTES) {
    const bytes = await readAt(file, base, Math.min(SCAN_BYTES, size - base));
    for (let i = bytes.indexOf(BLOCK_MAGIC & 255); i >= 0; i = bytes.indexOf(BLOCK_MAGIC & 255, i + 1)) {
      if (readBlockHeader(bytes, i) !== undefined) return base + i;
    }
  }
  return size;
}
