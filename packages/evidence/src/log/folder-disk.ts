import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Disk, DiskFile } from './disk.js';

const OWNER_ONLY = 0o600;
const OWNER_FOLDER = 0o700;

/** What `fs` throws has a code such as `ENOENT`. */
export const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** A folder of the file system. Files are their owner's alone. */
export class FolderDisk implements Disk {
  constructor(readonly folder: string) {}

  async list(folder = ''): Promise<readonly string[]> {
    try {
      const entries = await readdir(join(this.folder, folder), { withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async read(name: string, from = 0, most = Number.POSITIVE_INFINITY): Promise<Buffer> {
    return withFile(join(this.folder, name), 'r', async (file) => {
      const { size } = await file.stat();
      const bytes = Buffer.allocUnsafe(Math.min(most, Math.max(0, size - from)));
      let have = 0;
      while (have < bytes.length) {
        const { bytesRead } = await file.read(bytes, have, bytes.length - have, from + have);
        if (bytesRead === 0) break;
        have += bytesRead;
      }
      return bytes.subarray(0, have);
    });
  }

  async size(name: string): Promise<number> {
    return (await stat(join(this.folder, name))).size;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true, mode: OWNER_FOLDER });
    const fresh = `${path}.new`;
    await withFile(fresh, 'w', async (file) => {
      await writeAll(file, bytes);
      await file.sync();
    });
    await rename(fresh, path);
    await syncFolder(dirname(path));
  }

  async append(name: string): Promise<DiskFile> {
    const file = await open(join(this.folder, name), 'r+');
    const { size } = await file.stat();
    return new AppendedFile(file, size);
  }

  async remove(name: string): Promise<void> {
    const path = join(this.folder, name);
    try {
      await unlink(path);
      await syncFolder(dirname(path));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  async erase(name: string): Promise<void> {
    try {
      await withFile(join(this.folder, name), 'r+', async (file) => {
        const { size } = await file.stat();
        await file.write(Buffer.alloc(size), 0, size, 0);
        await file.datasync();
      });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    await this.remove(name);
  }
}

class AppendedFile implements DiskFile {
  constructor(
    readonly file: FileHandle,
    private size: number,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    await writeAll(this.file, bytes, this.size);
    this.size += bytes.length;
  }

  sync(): Promise<void> {
    return this.file.datasync();
  }

  async truncate(size: number): Promise<void> {
    await this.file.truncate(size);
    this.size = size;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

async function withFile<T>(path: string, flags: string, act: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, OWNER_ONLY);
  try {
    return await act(file);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position = 0): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** A folder's list of names is written like a file. */
const syncFolder = (path: string): Promise<void> => withFile(path, 'r', (folder) => folder.sync());
