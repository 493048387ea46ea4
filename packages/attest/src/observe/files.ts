import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';

/** Of a file that a process makes as long as it likes. */
const MOST_BYTES = 4 * 1024 * 1024;
const CHUNK = 65_536;

/** Of a file of the kernel, which has no size; undefined when it is gone or may not be read. */
export function textOf(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const chunks: Buffer[] = [];
    for (let length = 0; length < MOST_BYTES; ) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const read = readSync(fd, chunk, 0, CHUNK, null);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      length += read;
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return undefined; // the process ended meanwhile
  } finally {
    closeSync(fd);
  }
}

/** Where a link leads; '' when it is gone. */
export function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

export function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

export const sorted = (values: Iterable<string>): readonly string[] => [...new Set(values)].sort();
