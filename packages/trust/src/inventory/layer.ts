import { createHash } from 'node:crypto';
import type { Digest } from '../content/index.js';
import { TrustError } from '../error.js';
import { readTar, type TarEntry } from '../source/tar/tar.js';
import { isExecutable, MAGIC_BYTES } from './executable.js';

/** What one layer brings and takes away. */
export interface LayerFiles {
  /** Of the layer unpacked. */
  readonly diffId: Digest;
  readonly executables: ReadonlyMap<string, Omit<Executable, 'layer'>>;
  /** Other files: one of them may stand where a lower layer has a program. */
  readonly others: readonly string[];
  /** Paths that are gone, with everything below them. */
  readonly removed: readonly string[];
  /** Directories of which nothing of the lower layers is left. */
  readonly emptied: readonly string[];
}

export interface Executable {
  readonly sha256: string;
  readonly size: number;
  readonly mode: number;
  /** Which layer it is from, the lowest is 0. */
  readonly layer: number;
}

const MAX_FILES = 5_000_000;
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/** Reads a layer that is unpacked already (OCI image specification, layer.md). @throws TrustError */
export async function readLayer(tar: AsyncIterable<Uint8Array>): Promise<LayerFiles> {
  const hash = createHash('sha256');
  const executables = new Map<string, Omit<Executable, 'layer'>>();
  const others: string[] = [];
  const removed: string[] = [];
  const emptied: string[] = [];
  let files = 0;
  for await (const entry of readTar(hashed(tar, hash))) {
    files += 1;
    if (files > MAX_FILES)
      throw new TrustError('IMAGE_TOO_LARGE', `a layer has more than ${MAX_FILES} files`);
    const path = absolute(entry.path);
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    if (name === OPAQUE) emptied.push(path.slice(0, slash) || '/');
    else if (name.startsWith(WHITEOUT)) removed.push(path.slice(0, slash + 1) + name.slice(WHITEOUT.length));
    else if (entry.type === 'directory') continue;
    else {
      const executable = await executableOf(entry, executables);
      if (executable === undefined) others.push(path);
      else executables.set(path, executable);
    }
  }
  return { diffId: `sha256:${hash.digest('hex')}`, executables, others, removed, emptied };
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Names in layers are relative to the root; what climbs above it stays at it, as for whoever unpacks with care. */
function absolute(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

async function executableOf(
  entry: TarEntry,
  known: ReadonlyMap<string, Omit<Executable, 'layer'>>,
): Promise<Omit<Executable, 'layer'> | undefined> {
  if (entry.type === 'link') return known.get(absolute(entry.target));
  if (entry.type !== 'file' || entry.size === 0) return undefined;
  const hash = createHash('sha256');
  let magic = Buffer.alloc(0);
  for await (const chunk of entry.content()) {
    hash.update(chunk);
    if (magic.length < MAGIC_BYTES) magic = Buffer.concat([magic, chunk.subarray(0, MAGIC_BYTES)]);
  }
  const { mode, size } = entry;
  return isExecutable(mode, magic) ? { sha256: hash.digest('hex'), size, mode: mode & 0o7777 } : undefined;
}
