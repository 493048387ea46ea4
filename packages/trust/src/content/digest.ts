import { createHash, type Hash } from 'node:crypto';
import { TrustError } from '../error.js';

/** `sha256:` and 64 hex digits, or `sha512:` and 128. */
export type Digest = string;

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

export const isDigest = (text: string): boolean => DIGEST.test(text);

export const algorithmOf = (digest: Digest): 'sha256' | 'sha512' =>
  digest.startsWith('sha512:') ? 'sha512' : 'sha256';
export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(':') + 1);

export const sha256Of = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const digestAs = (digest: Digest, bytes: Uint8Array): Digest =>
  `${algorithmOf(digest)}:${createHash(algorithmOf(digest)).update(bytes).digest('hex')}`;

/** @throws TrustError `IMAGE_CONTENT_CHANGED` unless the bytes are those the digest names */
export function mustBe(digest: Digest, bytes: Uint8Array, what: string): void {
  const found = digestAs(digest, bytes);
  if (found !== digest) throw changed(digest, found, what);
}

export const changed = (digest: Digest, found: Digest, what: string): TrustError =>
  new TrustError('IMAGE_CONTENT_CHANGED', `${what} should be \`${digest}\` and is \`${found}\``, {
    help: 'it was changed where it is stored, or on the way; pull from a place you trust',
  });

/** Passes bytes on and rejects at their end unless they are those of the digest. */
export async function* checked(
  digest: Digest,
  size: number,
  chunks: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<Uint8Array> {
  const hash: Hash = createHash(algorithmOf(digest));
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > size) {
      throw new TrustError('IMAGE_CONTENT_CHANGED', `${what} has more than the ${size} bytes it should have`);
    }
    hash.update(chunk);
    yield chunk;
  }
  const found = `${algorithmOf(digest)}:${hash.digest('hex')}`;
  if (found !== digest) throw changed(digest, found, what);
}
