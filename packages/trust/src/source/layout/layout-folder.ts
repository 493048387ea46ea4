import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, TrustError } from '../../error.js';
import type { LayoutFiles } from './files.js';

/** An OCI layout as a folder. A blob that is a link is not followed: the folder may be somebody else's. */
export class LayoutFolder implements LayoutFiles {
  constructor(readonly name: string) {}

  async read(path: string, maxBytes: number): Promise<Buffer | undefined> {
    const file = await this.open(path);
    if (file === undefined) return undefined;
    try {
      const { size } = await file.stat();
      if (size > maxBytes) {
        throw new TrustError(
          'IMAGE_TOO_LARGE',
          `${join(this.name, path)} has ${size} bytes; the limit is ${maxBytes}`,
        );
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  async *stream(path: string): AsyncGenerator<Uint8Array> {
    const file = await this.open(path);
    if (file === undefined) {
      throw new TrustError('IMAGE_NOT_FOUND', `${join(this.name, path)} is not there`, {
        help: 'the layout is not complete: copy it again',
      });
    }
    try {
      for await (const chunk of file.createReadStream({ autoClose: false })) yield chunk as Uint8Array; // no encoding is set
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {}

  private async open(path: string): Promise<FileHandle | undefined> {
    const whole = join(this.name, path);
    let file: FileHandle;
    try {
      file = await open(whole, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
      throw new TrustError('LAYOUT_MALFORMED', `cannot read ${whole}: ${messageOf(cause)}`, { cause });
    }
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new TrustError('LAYOUT_MALFORMED', `${whole} is no file`);
  }
}
