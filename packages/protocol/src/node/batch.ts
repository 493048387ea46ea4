import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ProtocolError } from '../error.js';
import { LIMITS } from '../limits.js';
import type { SentRecord } from '../record.js';
import { readRecord } from './read-record.js';

/** Lines of JSON, compressed. At once: a usual batch takes a millisecond, and ten where it is handed to a thread in parts. */
export const packRecords = (lines: readonly (Buffer | string)[]): Buffer =>
  zstdCompressSync(lines.join('\n'), { params: { [constants.ZSTD_c_compressionLevel]: 3 } });

export interface UnpackedBatch {
  readonly records: readonly SentRecord[];
  /** About how much memory they take, bytes. */
  readonly size: number;
}

/** What a batch holds, all of it sound. @throws ProtocolError PROTOCOL_TOO_LARGE, PROTOCOL_MALFORMED */
export function unpackRecords(batch: Buffer): UnpackedBatch {
  if (batch.length > LIMITS.batchBytes) throw tooLarge(`more than ${LIMITS.batchBytes} bytes`);
  const text = unpack(batch).toString('utf8');
  const lines = text === '' ? [] : text.split('\n');
  if (lines.length > LIMITS.batchRecords) throw tooLarge(`more than ${LIMITS.batchRecords} records`);
  const records = lines.map((line, at) => {
    if (line.length > LIMITS.recordBytes) throw tooLarge(`a record of more than ${LIMITS.recordBytes} bytes`);
    return readRecord(line, `record ${at + 1} of the batch`);
  });
  return { records, size: text.length };
}

function unpack(batch: Buffer): Buffer {
  try {
    return zstdDecompressSync(batch, { maxOutputLength: LIMITS.unpackedBytes, chunkSize: 64 * 1024 });
  } catch (cause) {
    if (cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(`unpacked more than ${LIMITS.unpackedBytes} bytes`);
    throw new ProtocolError('PROTOCOL_MALFORMED', 'the batch is not compressed with zstd', { cause });
  }
}

const tooLarge = (what: string): ProtocolError =>
  new ProtocolError('PROTOCOL_TOO_LARGE', `the batch is too large: ${what}`);
