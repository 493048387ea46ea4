import { createHash } from 'node:crypto';
import { open, rename, stat, unlink } from 'node:fs/promises';
import { OciError } from '../error.js';

/** Larger than any specification a manager writes; runtimes themselves have no limit. */
const MAX_BYTES = 16 * 1024 * 1024;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

async function read(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** A file that is seen whole or not at all, with the owner and mode of what it replaces. */
async function replace(path: string, text: string): Promise<void> {
  const { mode, uid, gid } = await stat(path);
  const part = `${path}.runward-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const file = await open(part, 'wx', mode & 0o777);
  try {
    await file.writeFile(text);
    await file.chmod(mode & 0o777);
    await file.chown(uid, gid);
  } finally {
    await file.close();
  }
  await rename(part, path);
}

/**
 * A file of a bundle that is rewritten for one start. Whoever keeps a bundle starts it more than once, under
 * policies that come and go: the original is kept beside it and every start begins from there, unless the file was
 * changed since.
 */
export class BundleFile {
  private constructor(
    readonly path: string,
    /** The original's text. */
    readonly text: string,
    /** What the file says now. */
    readonly current: string,
  ) {}

  /** @throws OciError `OCI_SPEC_UNREADABLE` */
  static async read(path: string): Promise<BundleFile> {
    try {
      const current = await read(path);
      return new BundleFile(path, (await original(path, current)) ?? current, current);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new OciError('OCI_SPEC_UNREADABLE', `cannot read ${path}: ${why}`, { cause });
    }
  }

  /** Puts `text` in the file's place. */
  async write(text: string): Promise<void> {
    if (text === this.current) return;
    await writeBeside(this.path, JSON.stringify({ written: sha256(text), original: this.text }));
    await replace(this.path, text);
  }

  /** Puts `text` in the file's place for good: for files that nobody uses twice. */
  async replace(text: string): Promise<void> {
    await replace(this.path, text);
  }

  /** The original again, byte for byte. */
  async restore(): Promise<void> {
    if (this.current === this.text) return;
    await replace(this.path, this.text);
    await unlink(besides(this.path));
  }
}

const besides = (path: string): string => `${path}.before-runward`;

async function original(path: string, current: string): Promise<string | undefined> {
  try {
    const kept: unknown = JSON.parse(await read(besides(path)));
    if (typeof kept !== 'object' || kept === null || !('written' in kept) || !('original' in kept))
      return undefined;
    return kept.written === sha256(current) && typeof kept.original === 'string' ? kept.original : undefined;
  } catch (error) {
    // Half a note (a crash while it was written) says that the file itself was not touched yet.
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function writeBeside(path: string, text: string): Promise<void> {
  const file = await open(besides(path), 'w', 0o600);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
