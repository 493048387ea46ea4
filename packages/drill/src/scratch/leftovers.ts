import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DrillError, reasonOf } from '../error.js';
import { poll, runCommand } from './command.js';

/** When a process began, in ticks since boot (proc(5), the 22nd value of `stat`); undefined when there is none. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/**
 * A folder for this run. Its name says whose it is, so that what a killed drill left is found by the next one.
 *
 * @throws DrillError DRILL_NO_SCRATCH
 */
export function claimFolder(base: string): string {
  const folder = join(base, `${process.pid}-${startOf(process.pid) ?? '0'}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch (cause) {
    throw new DrillError('DRILL_NO_SCRATCH', `cannot make \`${folder}\`: ${reasonOf(cause)}`, {
      help: 'run as root, or name another place with `--scratch DIR`',
      cause,
    });
  }
}

/** Folders of drills that are over without having tidied up. */
export function abandonedFolders(base: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(base);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const [, pid = '', start = ''] = /^(\d+)-(\d+)$/.exec(name) ?? [];
    return pid === '' || startOf(Number(pid)) === start ? [] : [join(base, name)];
  });
}

/** Ends the containers of a folder and removes it. */
export async function removeFolder(folder: string, runc: string): Promise<void> {
  const ids = existsSync(join(folder, 'containers')) ? readdirSync(join(folder, 'containers')) : [];
  for (const id of ids) await runCommand(runc, ['--root', join(folder, 'state'), 'delete', '--force', id]);
  for (const target of mountsBelow(folder)) await runCommand('umount', ['-l', target]);
  // Deleting through a mount that stayed would delete what is behind it.
  if (mountsBelow(folder).length > 0)
    throw new DrillError('DRILL_NO_SCRATCH', `something is still mounted below \`${folder}\``, {
      help: `unmount it (\`grep ${folder} /proc/mounts\`), then remove the folder`,
    });
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  for (const id of ids) await removeCgroup(id);
}

const mountsBelow = (folder: string): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((target) => target === folder || target.startsWith(`${folder}/`))
    .reverse();

/** Every hierarchy's mount point: one on a v2 host, one per controller and the v2 one on a hybrid one. */
export const cgroupMounts = (): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '');

/** On machines with both kinds of groups the runtime leaves the empty v2 group behind. */
export async function removeCgroup(id: string): Promise<void> {
  for (const mount of cgroupMounts()) {
    await poll(() => {
      try {
        rmdirSync(join(mount, id));
        return true;
      } catch (error) {
        const isBusy = error instanceof Error && 'code' in error && error.code === 'EBUSY';
        return isBusy ? undefined : true;
      }
    }, 1000);
  }
}
