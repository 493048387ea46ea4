import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll, run } from './process.js';

/** How every scratch folder of this process begins, so that what it leaves behind can be told from others'. */
export const scratchPrefix = `rw${process.pid}-`;

/** A temporary folder of one starter, made when first used; everything a runtime writes lives below it. */
export class Scratch {
  private folder: string | undefined;

  constructor(private readonly name: string) {}

  get path(): string {
    // Short: UNIX socket paths below it must fit in 108 bytes.
    this.folder ??= mkdtempSync(join(tmpdir(), `${scratchPrefix}${this.name}-`));
    return this.folder;
  }

  below(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  async remove(): Promise<void> {
    if (this.folder !== undefined) {
      await endProcessesNaming(this.folder);
      await removeTree(this.folder);
    }
    this.folder = undefined;
  }
}

function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((target) => target === folder || target.startsWith(`${folder}/`))
    .reverse();
}

/** Processes whose command line names the folder; the caller is not among them. */
export function processesNaming(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
}

/** Podman and conmon tidy up behind a container's end in processes of their own, which would recreate files. */
async function endProcessesNaming(folder: string): Promise<void> {
  const isQuiet = await poll(() => processesNaming(folder).length === 0 || undefined, 5_000);
  if (isQuiet) return;
  for (const pid of processesNaming(folder)) process.kill(pid, 'SIGKILL');
  await poll(() => processesNaming(folder).length === 0 || undefined, 2_000);
}

/** Unmounts all below the folder, innermost first, and deletes it. */
export async function removeTree(folder: string): Promise<void> {
  for (const target of mountsBelow(folder)) await run('umount', ['-l', target]);
  if (mountsBelow(folder).length > 0) throw new Error(`still mounted below ${folder}`);
  // A runtime's own clean-up process may still be writing its last state.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
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
