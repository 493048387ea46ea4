import { crc32 } from 'node:zlib';

/** What stands before the bytes of a block. */
export interface BlockHeader {
  /** From 0, by one. */
  readonly sequence: number;
  /** Bytes that follow. */
  readonly storedBytes: number;
  /** Bytes once decompressed. */
  readonly rawBytes: number;
  /** CRC-32 of the bytes that follow. */
  readonly checksum: number;
  readonly records: number;
  /** Events before it: what the first one of it is numbered after. */
  readonly eventsBefore: number;
  /** Nanoseconds since the Unix epoch of its first and last record; 0n when it has none. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

export const BLOCK_HEADER_BYTES = 56;
/** `RWBK`, little-endian. */
export const BLOCK_MAGIC = 0x4b425752;
/** Larger claims are damage: one block is a mebibyte, unless a single table is larger. */
export const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

const CHECKED = BLOCK_HEADER_BYTES - 4;

export function writeBlockHeader(block: BlockHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BLOCK_MAGIC, true);
  view.setUint32(4, block.sequence, true);
  view.setUint32(8, block.storedBytes, true);
  view.setUint32(12, block.rawBytes, true);
  view.setUint32(16, block.checksum, true);
  view.setUint32(20, block.records, true);
  view.setFloat64(24, block.eventsBefore, true);
  view.setBigInt64(32, block.fromNs, true);
  view.setBigInt64(40, block.toNs, true);
  view.setUint32(CHECKED, crc32(bytes.subarray(0, CHECKED)), true);
  return bytes;
}

/** undefined when the bytes are no block header, or a damaged one. */
export function readBlockHeader(bytes: Uint8Array, offset = 0): BlockHeader | undefined {
  if (bytes.length - offset < BLOCK_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, BLOCK_HEADER_BYTES);
  if (view.getUint32(0, true) !== BLOCK_MAGIC) return undefined;
  if (view.getUint32(CHECKED, true) !== crc32(bytes.subarray(offset, offset + CHECKED))) return undefined;
  const block: BlockHeader = {
    sequence: view.getUint32(4, true),
    storedBytes: view.getUint32(8, true),
    rawBytes: view.getUint32(12, true),
    checksum: view.getUint32(16, true),
    records: view.getUint32(20, true),
    eventsBefore: view.getFloat64(24, true),
    fromNs: view.getBigInt64(32, true),
    toNs: view.getBigInt64(40, true),
  };
  return block.storedBytes > MAX_BLOCK_BYTES || block.rawBytes > MAX_BLOCK_BYTES ? undefined : block;
}
