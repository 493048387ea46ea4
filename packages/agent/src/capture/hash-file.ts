import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

export interface FileHash {
  readonly bytes: number;
  /** Hexadecimal; '' where it was not hashed. */
  readonly sha256: string;
  /** Why not; ''. */
  readonly problem: string;
}

const CHUNK = 1024 * 1024;

/**
 * Of a regular file. What a container put in its place (a pipe, a device) is neither waited for nor read; links are not
 * followed, unless `follow`: for those of /proc, which lead to the file itself.
 */
export async function hashFile(path: string, mostBytes: number, follow = false): Promise<FileHash> {
  try {
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW);
    const file = await open(path, flags);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return { bytes: 0, sha256: '', problem: 'it is no file' };
      if (stat.size > mostBytes)
        return { bytes: stat.size, sha256: '', problem: `it is larger than ${mostBytes} bytes` };
      const hash = createHash('sha256');
      let bytes = 0;
      while (bytes <= mostBytes) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, null);
        if (bytesRead === 0) return { bytes, sha256: hash.digest('hex'), problem: '' };
        hash.update(buffer.subarray(0, bytesRead));
        bytes += bytesRead;
      }
      return { bytes, sha256: '', problem: 'it grew while it was read' };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { bytes: 0, sha256: '', problem: error instanceof Error ? error.message : String(error) };
  }
}
