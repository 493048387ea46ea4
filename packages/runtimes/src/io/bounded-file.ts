import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { RuntimesError } from '../error.js';
import { LIMITS } from '../limits.js';

const CHUNK_BYTES = 16 * 1024;
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
      return (await readUpTo(file, path, maxBytes)).toString('utf8');
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof RuntimesError) throw cause;
    if (ABSENT.has(codeOf(cause))) return undefined;
    throw new RuntimesError('RUNTIME_FILE_UNREADABLE', `cannot read ${path} (${codeOf(cause)})`, { cause });
  }
}

/** Sizes are not trusted: files of /proc claim none, others may grow while they are read. */
async function readUpTo(file: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
    if (bytesRead === 0) return Buffer.concat(chunks, size);
    size += bytesRead;
    if (size > maxBytes) {
      throw new RuntimesError('RUNTIME_ANSWER_TOO_LARGE', `${path} is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk.subarray(0, bytesRead));
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
