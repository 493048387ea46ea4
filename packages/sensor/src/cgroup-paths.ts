import { readdirSync, readFileSync, statSync } from 'node:fs';
import { type ContainerHierarchy, V1_ID } from './cgroup-hierarchy.js';

/** No machine has so many; whoever makes them must not keep the sensor busy. */
const MAX_GROUPS = 65_536;

/**
 * Every group of the hierarchies that name containers, by its id (the inode number of its folder) and its path as
 * the kernel names it. Groups that go away meanwhile are left out.
 */
export function listCgroups(
  hierarchy: Pick<ContainerHierarchy, 'v2Folder' | 'v1'>,
  note: (id: number, path: string) => void,
): void {
  if (hierarchy.v2Folder !== undefined) walk(hierarchy.v2Folder, note);
  if (hierarchy.v1 !== undefined) walk(hierarchy.v1.folder, (id, path) => note(id + V1_ID, path));
}

function walk(root: string, note: (id: number, path: string) => void): void {
  const waiting = [''];
  for (let count = 0; count < MAX_GROUPS; count += 1) {
    const path = waiting.pop();
    if (path === undefined) return;
    try {
      note(statSync(root + path).ino, path === '' ? '/' : path);
      for (const entry of readdirSync(root + path, { withFileTypes: true })) {
        if (entry.isDirectory()) waiting.push(`${path}/${entry.name}`);
      }
    } catch {
      // Removed in the meantime.
    }
  }
}

/** Pids of a group's processes, as the caller's pid namespace has them; empty when the group is gone. */
export function groupMembers(
  hierarchy: Pick<ContainerHierarchy, 'v2Folder' | 'v1'>,
  cgroup: number,
  path: string,
): number[] {
  const folder = cgroup >= V1_ID ? hierarchy.v1?.folder : hierarchy.v2Folder;
  try {
    return readFileSync(`${folder}${path}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
