import type { Content, Descriptor, Digest } from '../content/index.js';

/**
 * Where an image and what vouches for it are: a registry, a folder, an archive. Everything given out was checked against
 * its digest. All methods reject with `TrustError`.
 */
export interface ImageSource {
  /** For messages. */
  readonly name: string;
  /** What the reference leads to now: an image or an index. */
  root(): Promise<Content>;
  manifest(digest: Digest): Promise<Content>;
  blob(descriptor: Descriptor, maxBytes: number): Promise<Buffer>;
  /** Large content in parts; rejects at its end unless it is what the digest names. */
  stream(descriptor: Descriptor): AsyncIterable<Uint8Array>;
  /** What says it is about the manifest (OCI 1.1), by the registry's own list or the tag that stands in for it. */
  referrers(digest: Digest): Promise<readonly Descriptor[]>;
  /** undefined where there is no such tag beside the image. */
  tagged(tag: string): Promise<Content | undefined>;
}

/** The tag under which clients keep what registries do not list: `sha256-…`. */
export const tagOf = (digest: Digest, ending = ''): string => `${digest.replace(':', '-')}${ending}`;
