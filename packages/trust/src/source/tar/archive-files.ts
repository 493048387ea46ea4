import { type FileHandle, open } from 'node:fs/promises';
import { messageOf, TrustError } from '../../error.js';
import type { LayoutFiles } from '../layout/files.js';
import { readTar } from './tar.js';

/** Files of an archive; images have a few hundred. */
const MAX_ENTRIES = 100_000;

interface Place {
  readonly offset: number;
  readonly size: number;
}

/** An OCI layout in a tar file (`oci-archive:`, `docker save` since Docker 25). Nothing is unpacked. */
export class ArchiveFiles implements LayoutFiles {
  private constructor(
    readonly name: string,
    private readonly file: FileHandle,
    private readonly places: ReadonlyMap<string, Place>,
  ) {}

  /** @throws TrustError `ARCHIVE_MALFORMED` */
  static async open(path: string): Promise<ArchiveFiles> {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (cause) {
      throw new TrustError('ARCHIVE_MALFORMED', `cannot read ${path}: ${messageOf(cause)}`, { cause });
    }
    try {
      return new ArchiveFiles(path, file, await index(path, file));
    } catch (cause) {
      await file.close();
      throw cause;
    }
  }

  async read(path: string, maxBytes: number): Promise<Buffer | undefined> {
    const place = this.places.get(path);
    if (place === undefined) return undefined;
    const { offset, size } = place;
    if (size > maxBytes) {
      throw new TrustError(
        'IMAGE_TOO_LARGE',
        `${path} of ${this.name} has ${size} bytes; the limit is ${maxBytes}`,
      );
    }
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await this.file.read(bytes, 0, size, offset);
    return bytes.subarray(0, bytesRead);
  }

  async *stream(path: string): AsyncGenerator<Uint8Array> {
    const place = this.places.get(path);
    if (place === undefined) {
      throw new TrustError('IMAGE_NOT_FOUND', `${this.name} does not have ${path}`, {
        help: 'the archive is not complete: make it again',
      });
    }
    if (place.size === 0) return;
    const { offset: start, size } = place;
    const stream = this.file.createReadStream({ start, end: start + size - 1, autoClose: false });
    for await (const chunk of stream) yield chunk as Uint8Array; // no encoding is set
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

async function index(path: string, file: FileHandle): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  const chunks: AsyncIterable<Uint8Array> = file.createReadStream({
    start: 0,
    autoClose: false,
    highWaterMark: 1 << 20,
  });
  for await (const { path: name, type, offset, size } of readTar(notCompressed(path, chunks))) {
    if (type !== 'file') continue;
    const plain = name.replace(/^(?:\.\/)+/, '');
    // A name that is there twice means one file to one reader and the other to the next.
    if (places.has(plain)) {
      throw new TrustError('ARCHIVE_MALFORMED', `${path} has \`${plain}\` twice`, {
        help: 'make the archive again',
      });
    }
    if (places.size >= MAX_ENTRIES) {
      throw new TrustError('ARCHIVE_MALFORMED', `${path} has more than ${MAX_ENTRIES} files`);
    }
    places.set(plain, { offset, size });
  }
  return places;
}

async function* notCompressed(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst && (chunk[0] === 0x1f || chunk[0] === 0x28) && (chunk[1] === 0x8b || chunk[1] === 0xb5)) {
      throw new TrustError('ARCHIVE_MALFORMED', `${path} is compressed`, {
        help: 'unpack it first: `gunzip` or `unzstd`',
      });
    }
    isFirst = false;
    yield chunk;
  }
}
