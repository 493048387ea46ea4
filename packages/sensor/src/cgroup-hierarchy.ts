import { readFileSync } from 'node:fs';
import { SensorError } from './error.js';

/** The cgroup hierarchy whose ids and paths name containers on this host. */
export interface ContainerHierarchy {
  readonly version: 1 | 2;
  /** Number in /proc/PID/cgroup; 0 for v2. */
  readonly id: number;
  /** Index in the kernel's css_set.subsys; -1 for v2. */
  readonly subsystem: number;
  /** Controller whose v1 hierarchy it is; '' for v2. */
  readonly controller: string;
  readonly mountPoint: string;
}

interface CgroupMount {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  readonly controllers: readonly string[];
}

export function parseCgroupMounts(mounts: string): CgroupMount[] {
  const found: CgroupMount[] = [];
  for (const line of mounts.split('\n')) {
    const [, mountPoint, type, options] = line.split(' ');
    if (mountPoint === undefined) continue;
    if (type === 'cgroup2') found.push({ version: 2, mountPoint, controllers: [] });
    if (type === 'cgroup') found.push({ version: 1, mountPoint, controllers: (options ?? '').split(',') });
  }
  return found;
}

/** Controllers in the order of preference: every runtime puts containers below these. */
const PREFERRED = ['pids', 'memory', 'devices', 'freezer', 'cpu'] as const;

/**
 * The v2 hierarchy when it is the only one; otherwise the best v1 controller, because on hybrid hosts some
 * runtimes make no v2 group.
 *
 * The index of a subsystem is its place among those the kernel was built with: the order of /proc/cgroups.
 */
export function findContainerHierarchy(
  mounts = readFileSync('/proc/mounts', 'utf8'),
  cgroups = readFileSync('/proc/cgroups', 'utf8'),
): ContainerHierarchy {
  const found = parseCgroupMounts(mounts);
  const rows = cgroups
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));
  for (const controller of PREFERRED) {
    const mount = found.find((m) => m.version === 1 && m.controllers.includes(controller));
    const index = rows.findIndex((r) => r[0] === controller);
    if (mount !== undefined && index >= 0) {
      return { version: 1, id: Number(rows[index]?.[1] ?? 0), subsystem: index, controller, mountPoint: mount.mountPoint };
    }
  }
  const v2 = found.find((m) => m.version === 2);
  if (v2 !== undefined) return { version: 2, id: 0, subsystem: -1, controller: '', mountPoint: v2.mountPoint };
  throw new SensorError('SENSOR_CGROUP_UNKNOWN', 'no cgroup file system is mounted', {
    help: 'mount cgroup2 at /sys/fs/cgroup',
  });
}
