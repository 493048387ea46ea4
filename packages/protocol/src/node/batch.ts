import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { ProtocolError } from '../error.js';
import { LIMITS } from '../limits.js';
import { recordSchema, type UplinkRecord } from '../record.js';
import { parseMessage } from './message.js';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Lines of JSON, compressed. */
export const packRecords = (lines: readonly Buffer[]): Promise<Buffer> =>
  compress(Buffer.from(lines.join('\n')), { params: { [constants.ZSTD_c_compressionLevel]: 3 } });

/** What a batch holds, all of it sound. @throws ProtocolError PROTOCOL_TOO_LARGE, PROTOCOL_MALFORMED */
export async function unpackRecords(batch: Buffer): Promise<readonly UplinkRecord[]> {
  if (batch.length > LIMITS.batchBytes) throw tooLarge(`more than ${LIMITS.batchBytes} bytes`);
  const text = (await unpack(batch)).toString('utf8');
  const lines = text === '' ? [] : text.split('\n');
  if (lines.length > LIMITS.batchRecords) throw tooLarge(`more than ${LIMITS.batchRecords} records`);
  return lines.map((line, at) => {
    if (line.length > LIMITS.recordBytes) throw tooLarge(`a record of more than ${LIMITS.recordBytes} bytes`);
    return parseMessage(recordSchema, line, `record ${at + 1} of the batch`);
  });
}

async function unpack(batch: Buffer): Promise<Buffer> {
  try {
    return await decompress(batch, { maxOutputLength: LIMITS.unpackedBytes });
  } catch (cause) {
    if (cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(`unpacked more than ${LIMITS.unpackedBytes} bytes`);
    throw new ProtocolError('PROTOCOL_MALFORMED', 'the batch is not compressed with zstd', { cause });
  }
}

const tooLarge = (what: string): ProtocolError =>
  new ProtocolError('PROTOCOL_TOO_LARGE', `the batch is too large: ${what}`);
