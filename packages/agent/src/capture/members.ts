import { listPids } from '@runward/sensor';
import type { Groups } from '../enforcement/host-groups.js';

/** Processes of these groups, as they are now. */
export const pidsIn = (groups: Pick<Groups, 'of'>, cgroups: ReadonlySet<number>): readonly number[] =>
  listPids().filter((pid) => {
    const group = groups.of(pid);
    return group !== undefined && cgroups.has(group.cgroup);
  });
