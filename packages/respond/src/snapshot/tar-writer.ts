import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { BLOCK, type TarEntry, tarHeader } from './tar-header.js';

/** Writes entries one after the other, counts and digests what it wrote. */
export class TarWriter {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(private readonly file: FileHandle) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** What an entry of this size takes, with room for what its name may need. */
  static need(entry: TarEntry): number {
    return tarHeader(entry).length + Math.ceil(entry.size / BLOCK) * BLOCK;
  }

  async entry(entry: TarEntry): Promise<void> {
    await this.#write(tarHeader(entry));
  }

  /** Exactly `size` bytes, whatever the source has by now; returns how many of them it had. */
  async content(size: number, read: (buffer: Buffer, position: number) => Promise<number>): Promise<number> {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(size, 1)));
    let at = 0;
    while (at < size) {
      const got = await read(buffer.subarray(0, Math.min(buffer.length, size - at)), at);
      if (got === 0) break;
      await this.#write(buffer.subarray(0, got));
      at += got;
    }
    for (let missing = size - at; missing > 0; missing -= CHUNK)
      await this.#write(Buffer.alloc(Math.min(CHUNK, missing)));
    await this.#write(Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK));
    return at;
  }

  /** The end of an archive: two empty blocks. Returns the digest of the file. */
  async finish(): Promise<string> {
    await this.#write(Buffer.alloc(2 * BLOCK));
    await this.file.sync();
    return `sha256:${this.#hash.digest('hex')}`;
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.file.write(bytes, at);
      at += bytesWritten;
    }
    this.#bytes += bytes.length;
  }
}

const CHUNK = 256 * 1024;
