import { readFileSync, readlinkSync, statSync } from 'node:fs';
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
  /** A process of the group that runs a program of the container; undefined while only its runtime is there. */
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
    const inside = this.members(group).filter((pid) => this.#isInside(pid));
    return inside.find(runsOwnProgram) ?? inside.find(runsLostProgram);
  }

  isShared(group: Group, own: number): boolean {
    return this.members(group).some((pid) => pid !== own && !this.#isInside(pid));
  }

  /** Processes of the group itself. */
  members({ cgroup, path }: Group): readonly number[] {
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

/**
 * Whether a process runs a program that its own root has. A runtime's first steps inside are made by the runtime's
 * program, which is not there, or before the root was changed.
 */
function runsOwnProgram(pid: number): boolean {
  const base = `/proc/${pid}`;
  try {
    const [root, host] = [statSync(`${base}/root/`), statSync('/')];
    if (root.dev === host.dev && root.ino === host.ino) return false;
    const [exe, named] = [statSync(`${base}/exe`), statSync(`${base}/root${readlinkSync(`${base}/exe`)}`)];
    return exe.dev === named.dev && exe.ino === named.ino;
  } catch {
    return false; // removed since, in memory only, or ended
  }
}

/** A runtime that starts a program itself, without a fork before, is done with it after this. */
const STARTING_MS = 10_000;
const TICKS_PER_SECOND = 100; // USER_HZ, on every architecture Linux has now
const PF_FORKNOEXEC = 0x40;

/**
 * Whether a process runs a program whose file is gone. Not told by age alone: a container may be created long before it
 * is started, and its runtime waits inside meanwhile. But a runtime is forked into the container and starts no program
 * before the container's own, which the kernel remembers of a process.
 */
function runsLostProgram(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [flags, ticks] = [Number(fields[6] ?? 0), Number(fields[19] ?? 0)];
  if (stat === '' || (flags & PF_FORKNOEXEC) !== 0) return false;
  const upMs = Number(read('/proc/uptime').split(' ')[0] ?? 0) * 1000;
  return upMs - (ticks * 1000) / TICKS_PER_SECOND > STARTING_MS;
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
