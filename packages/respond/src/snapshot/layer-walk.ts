import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, opendir, readlink } from 'node:fs/promises';
import { fileAttribute } from '@runward/native';
import type { TarEntry } from './tar-header.js';
import { TarWriter } from './tar-writer.js';

export interface WalkLimits {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface WalkCounts {
  entries: number;
  whiteouts: number;
  /** Files whose size changed while they were read. */
  changed: number;
  omitted: number;
  /** The first of them, with why. */
  readonly examples: string[];
}

const MOST_DEPTH = 256;
const MOST_EXAMPLES = 20;
const MOST_LINKS = 100_000;
/** Kept with a file because it is not the same without. */
const ATTRIBUTES = ['security.capability', 'trusted.overlay.redirect', 'trusted.overlay.metacopy'];
const ENDING = 2 * 512;
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Writes an overlay's upper layer as an OCI layer: what was deleted as `.wh.NAME`, what was replaced as a whole as
 * `.wh..wh..opq`. The container goes on changing it and may want us to read a file of the host: each folder is held open and
 * its entries are named below it, so that no name ever leads through a link.
 */
export class LayerWalk {
  readonly counts: WalkCounts = { entries: 0, whiteouts: 0, changed: 0, omitted: 0, examples: [] };
  /** Files with several names: the first is written, the others are links to it. */
  readonly #links = new Map<string, Buffer>();

  constructor(
    private readonly writer: TarWriter,
    private readonly limits: WalkLimits,
  ) {}

  async write(upper: string): Promise<void> {
    await this.#inFolder(upper, Buffer.alloc(0), 0);
  }

  async #inFolder(path: string | Buffer, name: Buffer, depth: number): Promise<void> {
    const folder = await open(path, FOLDER);
    try {
      const base = `/proc/self/fd/${folder.fd}/`;
      // The names come as bytes although the type of a listing does not say so.
      const listing = await opendir(base, { encoding: 'buffer' as BufferEncoding });
      for await (const { name: bytes } of listing) {
        this.limits.signal.throwIfAborted();
        const child = Buffer.from(bytes as string | Buffer as Buffer); // see above
        await this.#entry(Buffer.concat([Buffer.from(base), child]), below(name, child), depth);
      }
    } finally {
      await folder.close();
    }
  }

  async #entry(path: Buffer, name: Buffer, depth: number): Promise<void> {
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined) return; // removed meanwhile
    if (isWhiteout(path, stats)) return this.#mark(whiteoutOf(name), stats);
    if (baseOf(name).toString('latin1').startsWith('.wh.'))
      return this.#omit(name, 'its name would be read as a deletion');
    if (stats.isDirectory()) return this.#folder(path, name, stats, depth);
    if (stats.isFile()) return this.#file(path, name, stats);
    if (stats.isSymbolicLink()) {
      const target = await readlink(path, { encoding: 'buffer' }).catch(() => undefined);
      if (target !== undefined)
        await this.#add({ ...plain(name, stats), type: 'symlink', mode: 0o777, target });
      return;
    }
    if (stats.isSocket()) return this.#omit(name, 'a socket');
    const type = stats.isFIFO() ? 'fifo' : stats.isBlockDevice() ? 'block' : 'char';
    await this.#add({ ...plain(name, stats), type, ...deviceOf(stats.rdev) });
  }

  async #folder(path: Buffer, name: Buffer, stats: Stats, depth: number): Promise<void> {
    const slash = Buffer.concat([name, Buffer.from('/')]);
    const attributes = attributesOf(path);
    await this.#add({ ...plain(slash, stats), type: 'folder', attributes });
    if (opaqueOf(path) === 'y') await this.#mark(Buffer.concat([slash, Buffer.from('.wh..wh..opq')]), stats);
    if (depth >= MOST_DEPTH) return this.#omit(name, `what is more than ${MOST_DEPTH} folders deep`);
    await this.#inFolder(path, name, depth + 1).catch((error: unknown) => {
      this.limits.signal.throwIfAborted();
      if (!GONE.has(codeOf(error))) throw error;
      this.#omit(name, 'it was replaced meanwhile');
    });
  }

  async #file(path: Buffer, name: Buffer, seen: Stats): Promise<void> {
    const file = await open(path, FILE).catch((error: unknown) => {
      if (!GONE.has(codeOf(error))) throw error;
      return undefined;
    });
    if (file === undefined) return this.#omit(name, 'it was replaced meanwhile');
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.ino !== seen.ino) return this.#omit(name, 'it was replaced meanwhile');
      await this.#content(file, path, name, stats);
    } finally {
      await file.close();
    }
  }

  async #content(file: FileHandle, path: Buffer, name: Buffer, stats: Stats): Promise<void> {
    const key = `${stats.dev}:${stats.ino}`;
    const target = stats.nlink > 1 ? this.#links.get(key) : undefined;
    if (target !== undefined) {
      await this.#add({ ...plain(name, stats), type: 'link', target });
      return;
    }
    const entry: TarEntry = {
      ...plain(name, stats),
      ...{ type: 'file', size: stats.size, attributes: attributesOf(path) },
    };
    if (!(await this.#add(entry))) return;
    if (stats.nlink > 1 && this.#links.size < MOST_LINKS) this.#links.set(key, name);
    const read = async (buffer: Buffer, position: number): Promise<number> => {
      this.limits.signal.throwIfAborted();
      return (await file.read(buffer, 0, buffer.length, position)).bytesRead;
    };
    if ((await this.writer.content(stats.size, read)) < stats.size) this.counts.changed += 1;
  }

  async #mark(name: Buffer, stats: Stats): Promise<void> {
    if (await this.#add({ ...plain(name, stats), type: 'file', mode: 0 })) this.counts.whiteouts += 1;
  }

  async #add(entry: TarEntry): Promise<boolean> {
    if (this.writer.bytes + TarWriter.need(entry) + ENDING > this.limits.maxBytes) {
      this.#omit(entry.path, `${entry.size} bytes, more than the limit leaves room for`);
      return false;
    }
    await this.writer.entry(entry);
    this.counts.entries += 1;
    return true;
  }

  #omit(name: Buffer, why: string): void {
    this.counts.omitted += 1;
    if (this.counts.examples.length < MOST_EXAMPLES)
      this.counts.examples.push(`/${name.toString('utf8')}: ${why}`);
  }
}

const GONE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ESTALE']);
const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

const below = (folder: Buffer, name: Buffer): Buffer =>
  folder.length === 0 ? name : Buffer.concat([folder, Buffer.from('/'), name]);
const baseOf = (name: Buffer): Buffer => name.subarray(name.lastIndexOf(0x2f) + 1);
const whiteoutOf = (name: Buffer): Buffer => {
  const base = baseOf(name);
  return Buffer.concat([name.subarray(0, name.length - base.length), Buffer.from('.wh.'), base]);
};

const plain = (path: Buffer, { mode, uid, gid, mtimeMs }: Stats) =>
  ({ path, mode, uid, gid, size: 0, mtimeMs }) as const;

/** A device of numbers 0 and 0 (overlayfs), or an empty file marked so (Linux 6.7). */
function isWhiteout(path: Buffer, stats: Stats): boolean {
  if (stats.isCharacterDevice()) return stats.rdev === 0;
  return stats.isFile() && stats.size === 0 && attribute(path, 'overlay.whiteout') !== undefined;
}

function opaqueOf(path: Buffer): string {
  return Buffer.from(attribute(path, 'overlay.opaque') ?? []).toString('latin1');
}

/** Overlays of users keep them under another name. */
const attribute = (path: Buffer, name: string): Uint8Array | undefined =>
  attributeOf(path, `trusted.${name}`) ?? attributeOf(path, `user.${name}`);

function attributeOf(path: Buffer, name: string): Uint8Array | undefined {
  // The call takes text; of a name that is none no attribute is read.
  const text = path.toString('utf8');
  return Buffer.from(text).equals(path) ? fileAttribute(text, name) : undefined;
}

function attributesOf(path: Buffer): ReadonlyMap<string, Uint8Array> {
  return new Map(
    ATTRIBUTES.flatMap((name) => {
      const value = attributeOf(path, name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** As glibc packs them. */
const deviceOf = (rdev: number): { readonly major: number; readonly minor: number } => ({
  major: (rdev >>> 8) & 0xfff,
  minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00),
});
