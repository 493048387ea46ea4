import {
  changed,
  type Digest,
  hostPlatform,
  LIMITS,
  type Manifest,
  type Platform,
  platformText,
  readConfig,
} from '../content/index.js';
import { TrustError } from '../error.js';
import type { ImageSource } from '../source/index.js';
import { chainIds, manifestFor } from '../verify/index.js';
import { type Executable, readLayer } from './layer.js';
import { unpacked } from './unpack.js';

/** What can run of an image: programs, scripts and libraries, by their place and content. */
export interface Inventory {
  readonly digest: Digest;
  readonly manifest: Digest;
  readonly layers: readonly InventoryLayer[];
  /** As the topmost layer leaves it, by absolute path. */
  readonly executables: ReadonlyMap<string, Executable>;
}

export interface InventoryLayer {
  readonly digest: Digest;
  /** Of this layer and all below it: what names a base. */
  readonly chainId: Digest;
  /** That it brings, whether a higher layer leaves them or not. */
  readonly executables: number;
}

const MAX_EXECUTABLES = 500_000;

/**
 * Reads the layers of an image, one after the other, checking each against its digests, packed and unpacked. Nothing is
 * written to the disk.
 *
 * @throws TrustError
 */
export async function takeInventory(
  source: ImageSource,
  platform: Platform = hostPlatform(),
): Promise<Inventory> {
  const root = await source.root();
  const manifest = await manifestFor(source, root, platform);
  if (manifest === undefined) {
    throw new TrustError('IMAGE_NOT_FOUND', `${source.name} has no image for ${platformText(platform)}`, {
      help: 'name a platform it has with `--platform`',
    });
  }
  const diffIds = await diffIdsOf(source, manifest);
  const chains = chainIds(diffIds);
  const executables = new Map<string, Executable>();
  const layers: InventoryLayer[] = [];
  for (const [layer, descriptor] of manifest.layers.entries()) {
    const own = await readLayer(unpacked(source.stream(descriptor), LIMITS.layerBytes));
    const expected = diffIds[layer] ?? 'nothing';
    if (own.diffId !== expected) throw changed(expected, own.diffId, `layer ${layer} unpacked`);
    remove(executables, own.removed, own.emptied);
    for (const path of own.others) executables.delete(path);
    for (const [path, executable] of own.executables) executables.set(path, { ...executable, layer });
    if (executables.size > MAX_EXECUTABLES) {
      throw new TrustError('IMAGE_TOO_LARGE', `${source.name} has more than ${MAX_EXECUTABLES} executables`);
    }
    layers.push({
      digest: descriptor.digest,
      chainId: chains[layer] ?? '',
      executables: own.executables.size,
    });
  }
  return { digest: root.digest, manifest: manifest.digest, layers, executables };
}

async function diffIdsOf(
  source: ImageSource,
  { digest, config, layers }: Manifest,
): Promise<readonly Digest[]> {
  if (config === undefined)
    throw new TrustError('IMAGE_MALFORMED', `image \`${digest}\` has no configuration`);
  const bytes = await source.blob(config, LIMITS.configBytes);
  const { diffIds } = readConfig({ digest: config.digest, bytes });
  if (diffIds.length === layers.length) return diffIds;
  throw new TrustError(
    'IMAGE_MALFORMED',
    `image \`${digest}\` names ${layers.length} layers and ${diffIds.length} of them unpacked`,
  );
}

/** What a layer takes away of those below it. */
function remove(found: Map<string, Executable>, gone: readonly string[], emptied: readonly string[]): void {
  if (gone.length === 0 && emptied.length === 0) return;
  const whole = new Set(gone);
  const inside = new Set([...gone, ...emptied]);
  for (const path of found.keys()) {
    if (whole.has(path) || parentsOf(path).some((parent) => inside.has(parent))) found.delete(path);
  }
}

function parentsOf(path: string): readonly string[] {
  const parents = ['/'];
  for (let at = path.indexOf('/', 1); at !== -1; at = path.indexOf('/', at + 1))
    parents.push(path.slice(0, at));
  return parents;
}
