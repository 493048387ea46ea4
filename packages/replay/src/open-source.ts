import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { isRecording } from '@runward/evidence';
import { BrokenStream, type Compression, compressionOf, streamFile } from './byte-stream.js';
import { ReplayError } from './error.js';
import type { EventSource } from './event-source.js';
import { RecordingFolder } from './recording/recording-folder.js';
import { RecordingSource } from './recording/recording-source.js';
import { BYTE_ORDER_MAGIC, SECTION_HEADER } from './scap/block-types.js';
import { ScapSource } from './scap/scap-source.js';

const HEAD_BYTES = 16;
const SWAPPED_MAGIC = 0x4d3c2b1a;

async function readHead(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ReplayError('REPLAY_OPEN_FAILED', `cannot open \`${path}\`: ${message}`, {
      help: 'check the path and the permissions',
      cause: error,
    });
  }
}

/** First bytes of what a compressed file holds. */
async function readInnerHead(path: string, compression: Compression): Promise<Buffer> {
  let head = Buffer.alloc(0);
  try {
    await streamFile(
      path,
      compression,
      (chunk) => {
        head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES)]);
        return head.length < HEAD_BYTES;
      },
      () => undefined,
    );
  } catch (error) {
    if (!(error instanceof BrokenStream)) throw error;
  }
  return head;
}

/**
 * Opens a recording, a folder of its segments, or a capture by what its first bytes say, not by its name.
 *
 * @throws ReplayError REPLAY_OPEN_FAILED when it cannot be opened; REPLAY_FORMAT_UNKNOWN when it is none
 */
export async function openEventSource(path: string): Promise<EventSource> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return RecordingFolder.open(path);
  const outer = await readHead(path);
  if (isRecording(outer)) return RecordingSource.open(path);
  const compression = compressionOf(outer);
  const head = compression === 'none' ? outer : await readInnerHead(path, compression);
  if (head.length >= 12 && head.readUInt32LE(0) === SECTION_HEADER) {
    const magic = head.readUInt32LE(8);
    if (magic === BYTE_ORDER_MAGIC) return new ScapSource(path, compression);
    if (magic === SWAPPED_MAGIC) {
      throw new ReplayError('REPLAY_FORMAT_UNKNOWN', `\`${path}\` was captured on a big-endian machine`, {
        help: 'captures of little-endian machines are read',
      });
    }
  }
  throw new ReplayError('REPLAY_FORMAT_UNKNOWN', `\`${path}\` is no recording and no capture`, {
    help: 'give a recording made by `runward record`, or a `.scap` file',
  });
}
