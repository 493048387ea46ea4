import { open, readdir, readFile, readlink } from 'node:fs/promises';

/** Of a file that a process makes as long as it likes. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The beginning of a file; undefined when it is gone or may not be read. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    if (path.startsWith('/proc/')) return await beginningOf(path);
    return await readFile(path, 'utf8');
  } catch {
    return undefined; // the process ended meanwhile
  }
}

/** Files of /proc have no size: they are read until they end, or enough was read. */
async function beginningOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    for (let length = 0; length < MOST_BYTES; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, null);
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    await file.close();
  }
}

/** Where a link leads; '' when it is gone. */
export async function linkOf(path: string): Promise<string> {
  try {
    return await readlink(path);
  } catch {
    return '';
  }
}

export async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch {
    return [];
  }
}
