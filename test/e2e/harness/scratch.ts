import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll, run } from './process.js';

/** A temporary folder of one starter; everything a runtime writes lives below it. */
export function makeScratch(name: string): string {
  // Short: UNIX socket paths below it must fit in 108 bytes.
  return mkdtempSync(join(tmpdir(), `rw-${name}-`));
}

function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((target) => target === folder || target.startsWith(`${folder}/`))
    .reverse();
}

/** Unmounts all below the folder, innermost first, and deletes it. */
export async function removeScratch(folder: string): Promise<void> {
  for (const target of mountsBelow(folder)) await run('umount', ['-l', target]);
  if (mountsBelow(folder).length > 0) throw new Error(`still mounted below ${folder}`);
  rmSync(folder, { recursive: true, force: true });
}

const cgroupRoot = '/sys/fs/cgroup';

/** Every hierarchy's mount point: one on a v2 host, one per controller and `unified` on a hybrid one. */
export function cgroupMounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '')
    .filter((target) => target.startsWith(cgroupRoot));
}

function removeEmptyTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyTree(join(folder, entry.name));
  }
  rmdirSync(folder);
}

/** Removes the cgroup `path` (which no process is in any more) from every hierarchy; a busy one is left. */
export async function removeCgroup(path: string): Promise<void> {
  for (const mount of cgroupMounts()) {
    const folder = join(mount, path);
    await poll(() => {
      if (!existsSync(folder)) return true;
      try {
        removeEmptyTree(folder);
        return true;
      } catch {
        return undefined;
      }
    }, 500);
  }
}
