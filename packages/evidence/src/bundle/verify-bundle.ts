import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import {
  BUNDLE_MANIFEST,
  BUNDLE_SIGNATURE,
  type BundleFile,
  type BundleManifest,
  type BundleSignature,
  isSigned,
  readManifest,
  readSignature,
} from './manifest.js';
import { type TarEntry, TarReader } from './tar.js';

export interface BundleReport {
  readonly manifest: BundleManifest | undefined;
  readonly signature: BundleSignature | undefined;
  /** Files that are in the archive. */
  readonly files: number;
  /** What is wrong, in words; empty: nothing was changed, added or taken away since it was made. */
  readonly problems: readonly string[];
}

/** RFC 8878: a frame of no bytes, which compressors that write streams end with. */
const EMPTY_FRAME = Buffer.from('28b52ffd2000010000', 'hex');
/** Of the manifest and of its signature, which are held in memory. */
const MOST_HELD = 64 * 1024 * 1024;
const MOST_PROBLEMS = 100;
const MOST_FILES = 1_000_000;

/**
 * Reads a bundle once, from a stream, and compares everything in it with its manifest. Never throws for what the bundle
 * holds. `publicKey`: the key it must be signed by.
 */
export async function verifyBundle(source: Readable, publicKey?: string): Promise<BundleReport> {
  const contents = new Contents();
  const problems: string[] = [];
  const reader = new TarReader(contents);
  const plain = createZstdDecompress();
  let compressed = 0;
  let tail = Buffer.alloc(0);
  source.on('data', (chunk: Buffer) => {
    compressed += chunk.length;
    tail = Buffer.concat([tail, chunk.subarray(-EMPTY_FRAME.length)]).subarray(-EMPTY_FRAME.length);
  });
  source.on('error', (error) => void plain.destroy(error)).pipe(plain);
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) reader.write(chunk);
    reader.close();
    // What stands behind the compressed archive is not looked at by what unpacks it.
    const behind = compressed - plain.bytesWritten;
    if (behind !== 0 && !(behind === EMPTY_FRAME.length && tail.equals(EMPTY_FRAME)))
      problems.push('something follows the compressed archive');
  } catch (error) {
    problems.push(
      `the archive cannot be read to its end: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    source.destroy();
  }
  const { found } = contents;
  const text = contents.held.get(BUNDLE_MANIFEST);
  const manifest = text === undefined ? undefined : readManifest(text);
  if (manifest === undefined)
    problems.push(text === undefined ? 'it has no manifest' : 'its manifest cannot be read');
  else problems.push(...differences(manifest, found));
  problems.push(...contents.twice.map((path) => `\`${path}\` is in it more than once`));
  const signature = readSignature(contents.held.get(BUNDLE_SIGNATURE) ?? '');
  problems.push(...signatureProblems(text, signature, publicKey));
  return { manifest, signature, files: found.size, problems: bounded(problems) };
}

function* differences(manifest: BundleManifest, found: ReadonlyMap<string, BundleFile>): Generator<string> {
  const listed = new Map(manifest.files.map((file) => [file.path, file]));
  for (const [path, file] of listed) {
    const have = found.get(path);
    if (have === undefined) yield `\`${path}\` was taken away`;
    else if (have.sha256 !== file.sha256 || have.bytes !== file.bytes) yield `\`${path}\` was changed`;
  }
  for (const path of found.keys())
    if (!listed.has(path) && path !== BUNDLE_MANIFEST && path !== BUNDLE_SIGNATURE)
      yield `\`${path}\` was added`;
}

function* signatureProblems(
  manifest: string | undefined,
  signature: BundleSignature | undefined,
  publicKey: string | undefined,
): Generator<string> {
  if (signature === undefined) {
    if (publicKey !== undefined) yield 'it is not signed';
    return;
  }
  if (manifest !== undefined && !isSigned(manifest, signature)) yield 'its signature does not hold';
  if (publicKey !== undefined && signature.key !== publicKey)
    yield `it is signed by \`${signature.key}\`, another key`;
}

const bounded = (problems: readonly string[]): readonly string[] =>
  problems.length <= MOST_PROBLEMS
    ? problems
    : [...problems.slice(0, MOST_PROBLEMS), `and ${problems.length - MOST_PROBLEMS} more`];

/** What is in an archive: digests of all files, and the text of two. */
class Contents {
  readonly found = new Map<string, BundleFile>();
  readonly held = new Map<string, string>();
  readonly twice: string[] = [];
  #hash = createHash('sha256');
  #chunks: Buffer[] | undefined;

  readonly begin = ({ path, bytes }: TarEntry): ((chunk: Buffer) => void) => {
    if (this.found.size >= MOST_FILES) throw new Error(`it has more than ${MOST_FILES} files`);
    this.#hash = createHash('sha256');
    const isHeld = path === BUNDLE_MANIFEST || path === BUNDLE_SIGNATURE;
    if (isHeld && bytes > MOST_HELD) throw new Error(`\`${path}\` is larger than ${MOST_HELD} bytes`);
    const chunks: Buffer[] | undefined = isHeld ? [] : undefined;
    this.#chunks = chunks;
    return (chunk) => {
      this.#hash.update(chunk);
      chunks?.push(Buffer.from(chunk));
    };
  };

  readonly end = ({ path, bytes }: TarEntry): void => {
    if (this.found.has(path)) {
      this.twice.push(path);
      return;
    }
    this.found.set(path, { path, bytes, sha256: this.#hash.digest('hex') });
    if (this.#chunks !== undefined) this.held.set(path, Buffer.concat(this.#chunks).toString('utf8'));
  };
}
