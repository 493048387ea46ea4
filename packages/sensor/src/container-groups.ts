import { readdirSync, statSync } from 'node:fs';
import { type ContainerHierarchy, V1_ID } from './cgroup-hierarchy.js';
import { readCgroupPath } from './proc-reader.js';

type Folders = Pick<ContainerHierarchy, 'v2Folder' | 'v1'>;

/** A group, as events name it. */
export interface Group {
  readonly cgroup: number;
  /** As the kernel has it below the mount. */
  readonly path: string;
}

/** Groups below one that are looked at; a container may make as many as it likes. */
const MAX_NESTED = 4096;

/** The id events give a group of the v2 or the v1 tree; undefined when it is not there. */
export function groupId(hierarchy: Folders, path: string, tree: 'v2' | 'v1'): number | undefined {
  const folder = tree === 'v2' ? hierarchy.v2Folder : hierarchy.v1?.folder;
  if (folder === undefined) return undefined;
  try {
    return statSync(folder + path).ino + (tree === 'v2' ? 0 : V1_ID);
  } catch {
    return undefined;
  }
}

/** The group events name a process by: its v2 group, or the v1 one where it is in no v2 group but the root. */
export function groupOfProcess(hierarchy: Folders, pid: number): Group | undefined {
  const v2 = readCgroupPath(pid, 0);
  if (hierarchy.v2Folder !== undefined && v2 !== undefined && v2 !== '/') return found(hierarchy, v2, 'v2');
  const v1 = hierarchy.v1 === undefined ? undefined : readCgroupPath(pid, hierarchy.v1.id);
  return v1 === undefined || v1 === '/' ? undefined : found(hierarchy, v1, 'v1');
}

function found(hierarchy: Folders, path: string, tree: 'v2' | 'v1'): Group | undefined {
  const cgroup = groupId(hierarchy, path, tree);
  return cgroup === undefined ? undefined : { cgroup, path };
}

/**
 * Every group a container's processes can be named by: the given one, those below it, and on hosts with both trees the
 * ones of the same path in the other. A process that joins the container may be put into one of the trees only.
 */
export function containerGroups(hierarchy: Folders, path: string): readonly number[] {
  return (['v2', 'v1'] as const).flatMap((tree) => {
    const folder = tree === 'v2' ? hierarchy.v2Folder : hierarchy.v1?.folder;
    return folder === undefined ? [] : walk(folder, path).map((id) => (tree === 'v2' ? id : id + V1_ID));
  });
}

function walk(folder: string, path: string): number[] {
  const ids: number[] = [];
  const waiting = [path];
  for (let at = waiting.pop(); at !== undefined && ids.length < MAX_NESTED; at = waiting.pop()) {
    try {
      ids.push(statSync(folder + at).ino);
      for (const entry of readdirSync(folder + at, { withFileTypes: true }))
        if (entry.isDirectory()) waiting.push(`${at}/${entry.name}`);
    } catch {
      // Removed in the meantime.
    }
  }
  return ids;
}
