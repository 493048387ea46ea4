import { readFileSync, readlinkSync } from 'node:fs';
import { parseCgroupPath } from '@runward/runtimes/cgroup-path';
import {
  type ContainerHierarchy,
  containerGroups,
  findContainerHierarchy,
  type Group,
  groupMembers,
  groupOfProcess,
  listPids,
  namespaceId,
} from '@runward/sensor';
import { canBeContainer, type IdentityRequest } from '@runward/tracker';

/** What of the machine's processes and groups enforcement asks. */
export interface Groups {
  /** Every group below a container's, and its like in the other tree of a hybrid host. */
  below(path: string): readonly number[];
  /** The group events name a process by; undefined when it is gone or in none of its own. */
  of(pid: number): Group | undefined;
  /** A process of the group that has left the host's mounts behind; undefined when there is none yet. */
  insider(group: Group): number | undefined;
  /** Whether processes of the host are in the group too. */
  isShared(group: Group, own: number): boolean;
  /** The groups with processes in them that may be containers', as questions to their runtimes. */
  running(): readonly IdentityRequest[];
}

/** Ancestors that are asked for what they were told: a runtime's shim, its manager. */
const ANCESTORS = 8;

export class HostGroups implements Groups {
  readonly #hierarchy: ContainerHierarchy = findContainerHierarchy();
  readonly #hostMounts = namespaceId(1, 'mnt');

  below(path: string): readonly number[] {
    return path === '' || path === '/' ? [] : containerGroups(this.#hierarchy, path);
  }

  of(pid: number): Group | undefined {
    return groupOfProcess(this.#hierarchy, pid);
  }

  insider(group: Group): number | undefined {
    return this.#members(group).find((pid) => this.#isInside(pid));
  }

  isShared(group: Group, own: number): boolean {
    return this.#members(group).some((pid) => pid !== own && !this.#isInside(pid));
  }

  #members({ cgroup, path }: Group): readonly number[] {
    return groupMembers(this.#hierarchy, cgroup, path).filter((pid) => pid > 0);
  }

  #isInside(pid: number): boolean {
    const mounts = namespaceId(pid, 'mnt');
    return mounts !== 0 && mounts !== this.#hostMounts;
  }

  running(): readonly IdentityRequest[] {
    const found = new Map<number, IdentityRequest>();
    for (const pid of listPids()) {
      const group = this.of(pid);
      if (group === undefined || found.has(group.cgroup)) continue;
      const named = parseCgroupPath(group.path) !== undefined;
      const inside = this.#isInside(pid);
      if (!named && !(inside && canBeContainer(group.path))) continue;
      found.set(group.cgroup, this.#question(pid, group, { named, inside }));
    }
    return [...found.values()];
  }

  #question(
    pid: number,
    { cgroup, path }: Group,
    is: { readonly named: boolean; readonly inside: boolean },
  ): IdentityRequest {
    const above = ancestors(pid).filter((each) => this.of(each)?.path !== path);
    return {
      cgroup,
      cgroupPath: path,
      pid,
      ancestorArgs: above.map((each) => words(`/proc/${each}/cmdline`)),
      ancestorCwds: above.map(cwdOf),
      ownNamespaces: is.inside,
      ownRoot: !is.named,
    };
  }
}

function ancestors(pid: number): readonly number[] {
  const found: number[] = [];
  for (let at = parentOf(pid); at > 0 && found.length < ANCESTORS; at = parentOf(at)) found.push(at);
  return found;
}

const parentOf = (pid: number): number =>
  Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
const words = (path: string): readonly string[] => read(path).split('\0').slice(0, -1);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
