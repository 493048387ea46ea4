import type { CgroupLimits } from '../configuration/configuration.js';
import { sorted, textOf } from './files.js';
import { type MountLine, readMountInfo } from './mounts.js';

/** The folders a process's groups have, by controller; `''` is the second version's. */
export type GroupFolders = ReadonlyMap<string, string>;

/** Pure. From /proc/PID/cgroup and the host's mounts. */
export function groupFolders(cgroup: string, mounts: readonly MountLine[]): GroupFolders {
  const folders = new Map<string, string>();
  for (const line of cgroup.split('\n')) {
    const [, controllers, ...rest] = line.split(':');
    const path = rest.join(':');
    if (controllers === undefined || !path.startsWith('/') || path.split('/').includes('..')) continue;
    for (const name of controllers === '' ? [''] : controllers.split(',')) {
      const mount = mounts.find((each) =>
        name === '' ? each.type === 'cgroup2' : each.type === 'cgroup' && each.superOptions.includes(name),
      );
      if (mount === undefined) continue;
      const below = mount.root === '/' ? path : path.slice(mount.root.length);
      folders.set(name, `${mount.destination}${below === '/' ? '' : below}`);
    }
  }
  return folders;
}

export const foldersOf = (pid: number): GroupFolders =>
  groupFolders(textOf(`/proc/${pid}/cgroup`) ?? '', readMountInfo(textOf('/proc/self/mountinfo') ?? ''));

/** What stands for "no limit" in the first version: as many bytes as there are pages for. */
const UNLIMITED = 2 ** 60;

const limit = (text: string | undefined): number | null => {
  const value = text === undefined ? Number.NaN : Number(text.trim());
  return Number.isFinite(value) && value > 0 && value < UNLIMITED ? value : null;
};

/** The strictest on the way from the group to the root: a limit above binds as well. `read` is asked for files by path. */
export function readLimits(folders: GroupFolders, read = textOf): CgroupLimits {
  const strictest = (controller: string, value: (folder: string) => number | null): number | null => {
    const own = folders.get(controller) ?? folders.get('');
    let found: number | null = null;
    for (let at = own; at?.includes('/'); at = at.slice(0, at.lastIndexOf('/'))) {
      if (at === '' || read(`${at}/cgroup.procs`) === undefined) break;
      const here = value(at);
      if (here !== null && (found === null || here < found)) found = here;
    }
    return found;
  };
  const memory = strictest('memory', (at) =>
    limit(read(`${at}/memory.max`) ?? read(`${at}/memory.limit_in_bytes`)),
  );
  const swap = strictest('memory', (at) => {
    const second = read(`${at}/memory.swap.max`);
    if (second === undefined) return limit(read(`${at}/memory.memsw.limit_in_bytes`));
    const [own, more] = [limit(read(`${at}/memory.max`)), /^\d+/.exec(second)?.[0]];
    return own === null || more === undefined ? null : own + Number(more);
  });
  return {
    ...{ memoryBytes: memory, memorySwapBytes: swap },
    cpus: strictest('cpu', (at) => cpusOf(at, read)),
    pids: strictest('pids', (at) => limit(read(`${at}/pids.max`))),
    cpuset: cpusetOf(folders, read),
  };
}

function cpusOf(folder: string, read: typeof textOf): number | null {
  const [quota, period] = (read(`${folder}/cpu.max`) ?? '').trim().split(' ');
  const [first, of] =
    quota === ''
      ? [read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)]
      : [quota, period];
  const [have, each] = [limit(first), limit(of)];
  return have === null || each === null ? null : Math.round((have / each) * 1000) / 1000;
}

const cpusetOf = (folders: GroupFolders, read: typeof textOf): string => {
  const folder = folders.get('cpuset') ?? folders.get('');
  if (folder === undefined) return '';
  return (read(`${folder}/cpuset.cpus.effective`) ?? read(`${folder}/cpuset.cpus`) ?? '').trim();
};

/** What a group may use of devices; null where only a program of the kernel knows (the second version). */
export function readDeviceRules(folders: GroupFolders): readonly string[] | null {
  const folder = folders.get('devices');
  const text = folder === undefined ? undefined : textOf(`${folder}/devices.list`);
  return text === undefined
    ? null
    : sorted(
        text
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean),
      );
}
