import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import {
  BUNDLE_MANIFEST,
  BUNDLE_SIGNATURE,
  type BundleFile,
  type BundleManifest,
  type BundleSignature,
  manifestDigest,
  manifestText,
} from './manifest.js';
import { paddingOf, tarEnd, tarHead } from './tar.js';

/** A file of a bundle: what it holds, or where that lies. */
export type BundlePart =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly file: string };

export interface BundleHead extends Omit<BundleManifest, 'format' | 'files'> {
  /** Signs the digest of the manifest; undefined where nothing can. */
  readonly sign: (digest: string, manifest: string) => Promise<BundleSignature | undefined>;
}

/** A file that is to be part of a bundle changed while it was read. */
export class PartChanged extends Error {
  override readonly name = 'PartChanged';
}

/** Writes an archive (tar, zstd) of these parts, then a manifest of their digests, then its signature. */
export async function writeBundle(
  target: Writable,
  parts: readonly BundlePart[],
  head: BundleHead,
): Promise<{
  readonly files: readonly BundleFile[];
  readonly digest: string;
  readonly signature: BundleSignature | undefined;
}> {
  const files: BundleFile[] = [];
  let signed: BundleSignature | undefined;
  let digest = '';
  async function* archive(): AsyncGenerator<Buffer> {
    for (const part of parts) files.push(yield* partOf(part));
    const { sign, ...facts } = head;
    const manifest = manifestText({ ...facts, files });
    digest = manifestDigest(manifest);
    yield* textOf(BUNDLE_MANIFEST, manifest);
    signed = await sign(digest, manifest);
    if (signed !== undefined) yield* textOf(BUNDLE_SIGNATURE, `${JSON.stringify(signed)}\n`);
    yield tarEnd();
  }
  await pipeline(Readable.from(archive()), createZstdCompress(), target);
  return { files, digest, signature: signed };
}

async function* partOf(part: BundlePart): AsyncGenerator<Buffer, BundleFile> {
  if ('text' in part) return yield* textOf(part.path, part.text);
  const { size, mtimeMs } = await stat(part.file);
  yield tarHead({ path: part.path, bytes: size, modifiedMs: mtimeMs });
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(part.file) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > size) break;
    hash.update(chunk);
    yield chunk;
  }
  if (bytes !== size) throw new PartChanged(`\`${part.file}\` changed while it was read`);
  yield paddingOf(size);
  return { path: part.path, bytes, sha256: hash.digest('hex') };
}

function* textOf(path: string, text: string): Generator<Buffer, BundleFile> {
  const content = Buffer.from(text, 'utf8');
  yield tarHead({ path, bytes: content.length, modifiedMs: Date.now() });
  yield content;
  yield paddingOf(content.length);
  return { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
