import { createHash } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable, MAGIC_BYTES } from './executable.js';
import type { Inventory } from './inventory.js';

/** image: as the image has it. changed: at a place of the image, with other content. new: nowhere in the image. */
export type Drift = 'image' | 'changed' | 'moved' | 'new';

/** What a file that can run is to its image: `moved` is content the image has at another place. */
export function driftOf(inventory: Inventory, path: string, sha256: string): Drift {
  const there = inventory.executables.get(path);
  if (there?.sha256 === sha256) return 'image';
  if (there !== undefined) return 'changed';
  return contentsOf(inventory).has(sha256) ? 'moved' : 'new';
}

const contents = new WeakMap<Inventory, ReadonlySet<string>>();

function contentsOf(inventory: Inventory): ReadonlySet<string> {
  let known = contents.get(inventory);
  if (known === undefined) {
    known = new Set([...inventory.executables.values()].map(({ sha256 }) => sha256));
    contents.set(inventory, known);
  }
  return known;
}

export interface Drifted {
  readonly path: string;
  readonly drift: Exclude<Drift, 'image'>;
  readonly sha256: string;
  readonly size: number;
}

export interface Comparison {
  readonly drifted: readonly Drifted[];
  /** Of the image, and not in the tree. */
  readonly removed: readonly string[];
  readonly compared: number;
  /** Paths that could not be read, and why. */
  readonly unread: readonly string[];
}

/** Other file systems that every container has. */
const NOT_OF_THE_IMAGE = new Set(['/proc', '/sys', '/dev']);

/**
 * Compares what can run in a tree, such as `/proc/PID/root`, with the image it came from. Links are not followed.
 * Files may change meanwhile; what vanishes is left out.
 */
export async function compareTree(inventory: Inventory, root: string): Promise<Comparison> {
  const drifted: Drifted[] = [];
  const unread: string[] = [];
  const seen = new Set<string>();
  const pending = ['/'];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of await entriesOf(root, folder, unread)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !NOT_OF_THE_IMAGE.has(path)) pending.push(path);
      if (!entry.isFile()) continue;
      const file = await readExecutable(join(root, path)).catch((problem: unknown) => {
        if (!isGone(problem)) unread.push(`${path}: ${String(problem)}`);
      });
      if (file === undefined) continue;
      seen.add(path);
      const drift = driftOf(inventory, path, file.sha256);
      if (drift !== 'image') drifted.push({ path, drift, ...file });
    }
  }
  const removed = [...inventory.executables.keys()].filter((path) => !seen.has(path));
  return { drifted, removed, compared: seen.size, unread };
}

async function entriesOf(root: string, folder: string, unread: string[]): Promise<readonly Dirent[]> {
  try {
    return await readdir(join(root, folder), { withFileTypes: true });
  } catch (problem) {
    if (!isGone(problem)) unread.push(`${folder}: ${String(problem)}`);
    return [];
  }
}

const isGone = (problem: unknown): boolean =>
  problem instanceof Error && 'code' in problem && problem.code === 'ENOENT';

async function readExecutable(
  path: string,
): Promise<{ readonly sha256: string; readonly size: number } | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { mode, size } = await file.stat();
    const magic = Buffer.alloc(MAGIC_BYTES);
    await file.read(magic, 0, MAGIC_BYTES, 0);
    if (size === 0 || !isExecutable(mode, magic)) return undefined;
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk);
    return { sha256: hash.digest('hex'), size };
  } finally {
    await file.close();
  }
}
