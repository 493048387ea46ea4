import { readFileSync } from 'node:fs';
import { SensorError } from './error.js';

/**
 * The cgroups that name containers on this host: v2 groups, and where a task has none but the root, those of
 * one v1 hierarchy.
 */
export interface ContainerHierarchy {
  readonly layout: 'v2' | 'hybrid' | 'v1';
  /** Where the v2 tree is mounted; undefined on pure v1 hosts. */
  readonly v2Folder: string | undefined;
  /** The v1 hierarchy; undefined on pure v2 hosts. */
  readonly v1: V1Hierarchy | undefined;
}

export interface V1Hierarchy {
  /** Number in /proc/PID/cgroup. */
  readonly id: number;
  /** Index in the kernel's css_set.subsys. */
  readonly subsystem: number;
  readonly controller: string;
  /** Where it is mounted. */
  readonly folder: string;
}

/** Added to ids of v1 groups (RW_V1_ID of bpf/include/record.h). */
export const V1_ID = 2 ** 52;

/** The number in /proc/PID/cgroup of the hierarchy an id is from. */
export const hierarchyOf = (cgroup: number, hierarchy: ContainerHierarchy): number =>
  cgroup >= V1_ID ? (hierarchy.v1?.id ?? 0) : 0;

interface CgroupMount {
  readonly version: 1 | 2;
  readonly folder: string;
  readonly controllers: readonly string[];
}

export function parseCgroupMounts(mounts: string): CgroupMount[] {
  const found: CgroupMount[] = [];
  for (const line of mounts.split('\n')) {
    const [, folder = '', type, options] = line.split(' ');
    if (type === 'cgroup2') found.push({ version: 2, folder, controllers: [] });
    if (type === 'cgroup') found.push({ version: 1, folder, controllers: (options ?? '').split(',') });
  }
  return found;
}

/** Controllers in the order of preference: every runtime puts containers below these. */
const PREFERRED = ['pids', 'memory', 'devices', 'freezer', 'cpu'] as const;

/**
 * The index of a subsystem is its place among those the kernel was built with: the order of /proc/cgroups.
 */
export function findContainerHierarchy(
  mounts = readFileSync('/proc/mounts', 'utf8'),
  cgroups = readFileSync('/proc/cgroups', 'utf8'),
): ContainerHierarchy {
  const found = parseCgroupMounts(mounts);
  const v1 = findV1(found, cgroups);
  const v2Folder = found.find((m) => m.version === 2)?.folder;
  if (v1 !== undefined) return { layout: v2Folder === undefined ? 'v1' : 'hybrid', v2Folder, v1 };
  if (v2Folder !== undefined) return { layout: 'v2', v2Folder, v1 };
  throw new SensorError('SENSOR_CGROUP_UNKNOWN', 'no cgroup file system is mounted', {
    help: 'mount cgroup2 at /sys/fs/cgroup',
  });
}

function findV1(mounts: readonly CgroupMount[], cgroups: string): V1Hierarchy | undefined {
  const rows = cgroups
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));
  for (const controller of PREFERRED) {
    const mount = mounts.find((m) => m.version === 1 && m.controllers.includes(controller));
    const subsystem = rows.findIndex((r) => r[0] === controller);
    if (mount === undefined || subsystem < 0) continue;
    return { id: Number(rows[subsystem]?.[1] ?? 0), subsystem, controller, folder: mount.folder };
  }
  return undefined;
}
