import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { messageOf, OutputError } from '../error.js';
import type { Transport } from './transport.js';

export interface FileTarget {
  readonly path: string;
  /** Beyond this the file is put aside. */
  readonly rotateBytes: number;
  /** How many that were put aside are kept: `path.1` is the latest. */
  readonly keep: number;
}

const NEWLINE = Buffer.from('\n');

/** Lines of a file, on the disk when they count as arrived. */
export class FileTransport implements Transport {
  readonly most = { records: 1024, bytes: 1024 * 1024 };
  readonly #target: FileTarget;
  #file: FileHandle | undefined;

  constructor(target: FileTarget) {
    this.#target = target;
  }

  async send(records: readonly Buffer[]): Promise<void> {
    try {
      const file = await this.#opened();
      const { size } = await file.stat();
      try {
        await file.appendFile(Buffer.concat(records.flatMap((record) => [record, NEWLINE])));
        await file.datasync();
      } catch (error) {
        await file.truncate(size); // no half lines
        throw error;
      }
    } catch (cause) {
      throw new OutputError(
        'OUTPUT_UNREACHABLE',
        `\`${this.#target.path}\` cannot be written: ${messageOf(cause)}`,
        {
          help: 'check the folder, its rights, and that there is space',
          cause,
        },
      );
    }
  }

  async #opened(): Promise<FileHandle> {
    const { path, rotateBytes } = this.#target;
    // Another program may have moved the file away.
    const there = await stat(path).catch(() => undefined);
    const opened = await this.#file?.stat();
    if (this.#file !== undefined && (there === undefined || there.ino !== opened?.ino)) await this.#release();
    if (there !== undefined && there.size >= rotateBytes) {
      await this.#release();
      await this.#rotate();
    }
    this.#file ??= await open(path, 'a', 0o640);
    return this.#file;
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#target;
    await rm(`${path}.${keep}`, { force: true });
    for (let number = keep - 1; number >= 1; number -= 1)
      await rename(`${path}.${number}`, `${path}.${number + 1}`).catch(() => undefined); // not there yet
    if (keep > 0) await rename(path, `${path}.1`);
    else await rm(path);
  }

  async #release(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  close = (): Promise<void> => this.#release();
}
