import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { RuntimesError } from '../error.js';
import { LIMITS } from '../limits.js';

/** Errors that mean "no such thing" rather than "something is wrong". */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

const codeOf = (problem: unknown): string =>
  problem instanceof Error && 'code' in problem && typeof problem.code === 'string' ? problem.code : '';

/**
 * Text of a regular file that is not a symbolic link, or undefined when there is none. Never blocks on a FIFO.
 *
 * @throws RuntimesError `RUNTIME_FILE_UNREADABLE`, `RUNTIME_ANSWER_TOO_LARGE`
 */
export async function readBoundedFile(
  path: string,
  maxBytes: number = LIMITS.answerBytes,
): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new RuntimesError('RUNTIME_FILE_UNREADABLE', `${path} is not a regular file`);
      const bytes = Buffer.alloc(Math.min(stat.size, maxBytes) + 1);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
        if (bytesRead === 0) return bytes.toString('utf8', 0, length);
        length += bytesRead;
      }
      const problem = stat.size > maxBytes ? `is larger than ${maxBytes} bytes` : 'grew while it was read';
      throw new RuntimesError('RUNTIME_ANSWER_TOO_LARGE', `${path} ${problem}`);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof RuntimesError) throw cause;
    if (ABSENT.has(codeOf(cause))) return undefined;
    throw new RuntimesError('RUNTIME_FILE_UNREADABLE', `cannot read ${path} (${codeOf(cause)})`, { cause });
  }
}

/** Names in a folder, at most `LIMITS.listed`; none when it does not exist or may not be read. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).slice(0, LIMITS.listed);
  } catch {
    return [];
  }
}
