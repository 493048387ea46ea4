import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from './hash-file.js';
import { type MountFacts, mountsOf, type UpperLayer } from './layers.js';
import { CAPTURE_LIMITS as LIMITS } from './limits.js';
import type { CapturedProcess } from './process-facts.js';

/** A program that runs, by the processes that run it. */
export interface CapturedExecutable {
  readonly path: string;
  readonly pids: readonly number[];
  /** upper: it is not in the image, or was changed; mount: it came with a mount; none: it has no file any more. */
  readonly origin: 'image' | 'upper' | 'mount' | 'none' | 'unknown';
  readonly bytes: number;
  readonly sha256: string;
  readonly problem: string;
}

const GONE = / \(deleted\)$/;
const IN_MEMORY = /^\/memfd:/;

export async function captureExecutables(
  processes: readonly CapturedProcess[],
  layer: UpperLayer,
): Promise<readonly CapturedExecutable[]> {
  const byPath = new Map<string, CapturedProcess[]>();
  for (const process of processes)
    if (process.executable !== '')
      byPath.set(process.executable, [...(byPath.get(process.executable) ?? []), process]);
  const found: CapturedExecutable[] = [];
  for (const [path, group] of byPath) {
    const pid = group[0]?.pid ?? 0;
    // The link leads to the file that runs, also when its name leads to another one, or to none, by now.
    const hash = await hashFile(`/proc/${pid}/exe`, LIMITS.hashedFile, true);
    found.push({
      path,
      pids: group.map((each) => each.pid),
      origin: await originOf(path, pid, layer),
      ...hash,
    });
  }
  return found;
}

async function originOf(path: string, pid: number, layer: UpperLayer): Promise<CapturedExecutable['origin']> {
  if (GONE.test(path) || IN_MEMORY.test(path)) return 'none';
  if (isOnMount(path, await mountsOf(pid))) return 'mount';
  if (layer.kind === 'none') return 'unknown';
  try {
    return (await lstat(join(layer.folder, path))).isFile() ? 'upper' : 'image';
  } catch {
    return 'image';
  }
}

const isOnMount = (path: string, mounts: readonly MountFacts[]): boolean =>
  mounts.some(
    ({ mountPoint }) => mountPoint !== '/' && (path === mountPoint || path.startsWith(`${mountPoint}/`)),
  );
