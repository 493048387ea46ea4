import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ReplayError } from './error.js';

export type Compression = 'none' | 'gzip' | 'zstd';

const CHUNK = 256 * 1024;

/** By the first bytes of a file (RFC 1952, RFC 8878). */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  return isZstd ? 'zstd' : 'none';
}

export const decompressor = (compression: Compression) =>
  compression === 'gzip' ? createGunzip({ chunkSize: CHUNK }) : createZstdDecompress({ chunkSize: CHUNK });

/** The bytes end before the compressed stream does, or make no sense: what was given until then is good. */
export class BrokenStream extends Error {}

const isBroken = (error: unknown): boolean => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return (
    code.startsWith('Z_') || code.startsWith('ZSTD_') || code === 'ERR_ZSTD' || code.startsWith('ERR_ZLIB')
  );
};

/**
 * Gives the bytes of a file, decompressed, to `take`, which returns false to end early. `onRead` is told how many
 * bytes of the file itself were read.
 *
 * @throws BrokenStream when the compressed stream ends early or makes no sense
 * @throws ReplayError REPLAY_READ_FAILED when the file cannot be read; what `take` throws passes through
 */
export async function streamFile(
  path: string,
  compression: Compression,
  take: (chunk: Uint8Array) => boolean,
  onRead: (bytesRead: number) => void,
): Promise<void> {
  const file = createReadStream(path, { highWaterMark: CHUNK });
  let thrown: { readonly error: unknown } | undefined;
  let isEnough = false;
  const consume = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      onRead(file.bytesRead);
      try {
        isEnough = !take(chunk);
        if (isEnough) return;
      } catch (error) {
        thrown = { error };
        throw error;
      }
    }
  };
  try {
    if (compression === 'none') await pipeline(file, consume);
    else await pipeline(file, decompressor(compression), consume);
  } catch (error) {
    if (thrown !== undefined) throw thrown.error;
    // Leaving early ends the streams, which they report as an error.
    if (isEnough) return;
    if (isBroken(error)) throw new BrokenStream(error instanceof Error ? error.message : String(error));
    const message = error instanceof Error ? error.message : String(error);
    throw new ReplayError('REPLAY_READ_FAILED', `cannot read \`${path}\`: ${message}`, {
      help: 'check the disk and the permissions of the file',
      cause: error,
    });
  }
}
