import { type Content, type Manifest, type Platform, readManifest, suits } from '../content/index.js';
import type { ImageSource } from '../source/index.js';

/** The image a platform gets of what a reference leads to; undefined where there is none. @throws TrustError */
export async function manifestFor(
  source: ImageSource,
  root: Content,
  platform: Platform,
): Promise<Manifest | undefined> {
  const top = readManifest(root);
  if (top.kind === 'manifest') return top;
  // Images that say nothing of their platform are attestations and the like, or the only one of the index.
  const entry =
    top.manifests.find((each) => each.platform !== undefined && suits(each.platform, platform)) ??
    (top.manifests.length === 1 ? top.manifests.find((each) => each.platform === undefined) : undefined);
  if (entry === undefined) return undefined;
  const manifest = readManifest(await source.manifest(entry.digest));
  return manifest.kind === 'manifest' ? manifest : undefined;
}
