import type { AccountNames, ContainerInfo } from '@runward/events';
import { parseCgroupPath, pathOnlyContainer } from '@runward/runtimes';
import { splitWords } from './byte-cursor.js';
import { containerOfJson } from './container-json.js';
import type { Descriptor } from './descriptor.js';
import type { Accounts, ListedTask } from './lists.js';
import { ScapProcess } from './scap-process.js';

/** What a capture may make this table hold; beyond it, who acted is not remembered, and that is counted. */
const MAX_THREADS = 131_072;
const MAX_PROCESSES = 65_536;
/** Of all processes together, those that forks copied included. */
const MAX_DESCRIPTORS = 1_048_576;
const MAX_CONTAINERS = 16_384;
/** Containers are looked up by the part of the id that all sources share. */
const SHORT_ID = 12;

/** The captured machine: its name, users, containers, and the processes of the moment. */
export class Machine {
  hostname = '';
  readonly accountData: Accounts = { users: new Map(), groups: new Map() };
  readonly accounts: AccountNames = {
    userName: (uid) => this.accountData.users.get(uid)?.name,
    userHome: (uid) => this.accountData.users.get(uid)?.home,
    userShell: (uid) => this.accountData.users.get(uid)?.shell,
    groupName: (gid) => this.accountData.groups.get(gid),
  };
  /** Threads and descriptors that did not fit. */
  forgotten = 0;
  readonly #threads = new Map<number, ScapProcess>();
  readonly #processes = new Map<number, ScapProcess>();
  /** By short id, as container events tell them. */
  readonly #containers = new Map<string, ContainerInfo>();
  /** By the full id a cgroup names, with what is known of it. */
  readonly #resolved = new Map<string, ContainerInfo>();
  #descriptors = 0;
  #isLinked = true;

  get threadCount(): number {
    return this.#threads.size;
  }

  byPid(pid: number): ScapProcess | undefined {
    return this.#processes.get(pid);
  }

  /** The process of a thread; one of which nothing is known when the capture did not tell of it. */
  ofThread(tid: number): ScapProcess {
    return this.#threads.get(tid) ?? this.addThread(tid, tid);
  }

  knowsThread(tid: number): boolean {
    return this.#threads.has(tid);
  }

  /** Enters a thread of the process `pid`, which is made if it is new. */
  addThread(tid: number, pid: number): ScapProcess {
    const known = this.#processes.get(pid);
    const process = known ?? new ScapProcess(pid);
    if (this.#threads.get(tid) === process) return process;
    if (this.#threads.size >= MAX_THREADS || (known === undefined && this.#processes.size >= MAX_PROCESSES)) {
      this.forgotten += 1;
      return process;
    }
    this.removeThread(tid);
    this.#threads.set(tid, process);
    this.#processes.set(pid, process);
    process.threads += 1;
    return process;
  }

  /** A process begins anew under a pid that was used before. */
  replaceProcess(pid: number): ScapProcess {
    const before = this.#processes.get(pid);
    if (before !== undefined) this.#forget(before);
    this.removeThread(pid);
    return this.addThread(pid, pid);
  }

  removeThread(tid: number): void {
    const process = this.#threads.get(tid);
    if (process === undefined) return;
    this.#threads.delete(tid);
    process.threads -= 1;
    if (process.threads === 0 && this.#processes.get(process.pid) === process) this.#forget(process);
  }

  #forget(process: ScapProcess): void {
    this.#processes.delete(process.pid);
    if (process.ownsDescriptors) this.#descriptors -= process.descriptors.size;
    process.ownsDescriptors = false;
  }

  /** A fork: the child shares the descriptors or has a copy, while there is room for copies. */
  inherit(child: ScapProcess, parent: ScapProcess, sharesDescriptors: boolean): void {
    child.inheritFrom(parent);
    if (sharesDescriptors) {
      child.ownsDescriptors = false;
      child.descriptors = parent.descriptors;
    } else if (this.#descriptors + parent.descriptors.size > MAX_DESCRIPTORS) this.forgotten += 1;
    else {
      child.descriptors = new Map(parent.descriptors);
      this.#descriptors += child.descriptors.size;
    }
  }

  addListed(task: ListedTask): void {
    const process = this.addThread(task.tid, task.pid);
    if (task.tid !== task.pid && process.comm !== '') return;
    process.comm = task.comm;
    process.args = [task.exe, ...task.args];
    process.env = task.env;
    process.cwd = withoutSlash(task.cwd);
    process.uid = process.euid = task.uid;
    process.gid = process.egid = task.gid;
    process.loginuid = task.loginuid;
    process.tty = task.tty;
    process.vpid = task.vpid !== undefined && task.vpid > 0 ? task.vpid : task.pid;
    process.sid = task.sid !== undefined && task.sid > 0 ? task.sid : 0;
    process.vsid = process.sid === process.pid ? process.vpid : process.sid;
    process.vpgid = task.vpgid !== undefined && task.vpgid > 0 ? task.vpgid : 0;
    process.pgid = process.vpid === process.pid ? process.vpgid : 0;
    process.ppid = task.ptid;
    const [inheritable, permitted, effective] = task.caps;
    process.caps = { inheritable, permitted, effective };
    process.executable = {
      ...process.executable,
      path: task.exepath || (task.exe.startsWith('/') ? task.exe : ''),
      inode: task.exeInode,
      ctimeNs: task.exeCtimeNs,
      mtimeNs: task.exeMtimeNs,
      writable: (task.exeFlags & 1) !== 0,
      upperLayer: (task.exeFlags & 2) !== 0,
      memfd: (task.exeFlags & 4) !== 0,
    };
    this.placeInCgroups(process, task.cgroups);
    this.#isLinked = false;
  }

  /** Once all lists are read: parents stand after their children as often as before. */
  linkListed(): void {
    if (this.#isLinked) return;
    this.#isLinked = true;
    for (const process of this.#processes.values()) {
      const parent = this.#threads.get(process.ppid);
      if (process.parent === undefined && parent !== undefined && parent !== process)
        process.setParent(parent);
      process.sessionLeader ??= process.sid === 0 ? undefined : this.#processes.get(process.sid);
      process.groupLeader ??= process.pgid === 0 ? undefined : this.#processes.get(process.pgid);
    }
  }

  /** `controller=path` words. The first that names a container decides. */
  placeInCgroups(process: ScapProcess, cgroups: readonly string[]): void {
    const paths = cgroups.map((word) => word.slice(word.indexOf('=') + 1));
    const found = paths.find((path) => parseCgroupPath(path) !== undefined);
    process.cgroupPath = found ?? paths.find((path) => path !== '' && path !== '/') ?? paths[0] ?? '';
    const identity = found === undefined ? undefined : parseCgroupPath(found);
    process.containerId = identity?.id ?? '';
    process.runtime = identity?.runtime ?? 'unknown';
  }

  /** Who the container of a process is, as told until now; undefined for the host. */
  containerOf({ containerId, runtime }: ScapProcess): ContainerInfo | undefined {
    if (containerId === '') return undefined;
    const known = this.#resolved.get(containerId);
    if (known !== undefined) return known;
    const described = this.#containers.get(containerId.slice(0, SHORT_ID));
    const container =
      described === undefined
        ? pathOnlyContainer(containerId, runtime, 'the capture does not describe the container')
        : { ...described, id: containerId };
    if (this.#resolved.size >= MAX_CONTAINERS) this.#resolved.clear();
    this.#resolved.set(containerId, container);
    return container;
  }

  placeInCgroupBytes(process: ScapProcess, bytes: Buffer | undefined): void {
    if (bytes !== undefined && bytes.length > 0) this.placeInCgroups(process, splitWords(bytes));
  }

  /** A container event. Returns whether it was understood. */
  addContainer(json: string): boolean {
    const container = containerOfJson(json);
    if (container === undefined) return false;
    const key = container.id.slice(0, SHORT_ID);
    if (this.#containers.size >= MAX_CONTAINERS && !this.#containers.has(key)) {
      this.forgotten += 1;
      return true;
    }
    this.#containers.set(key, container);
    this.#resolved.clear();
    return true;
  }

  setDescriptor(process: ScapProcess, fd: number, descriptor: Descriptor): void {
    if (fd < 0) return;
    const isNew = !process.descriptors.has(fd);
    if (isNew && this.#descriptors >= MAX_DESCRIPTORS) {
      this.forgotten += 1;
      return;
    }
    if (isNew) this.#descriptors += 1;
    process.descriptors.set(fd, descriptor);
  }

  closeDescriptor(process: ScapProcess, fd: number): void {
    if (process.descriptors.delete(fd)) this.#descriptors -= 1;
  }

  /** Another section begins: nothing of the one before holds any more. */
  reset(): void {
    this.#threads.clear();
    this.#processes.clear();
    this.#containers.clear();
    this.#resolved.clear();
    this.#descriptors = 0;
    this.#isLinked = true;
    this.accountData.users.clear();
    this.accountData.groups.clear();
    this.hostname = '';
  }
}

export const withoutSlash = (path: string): string =>
  path.length > 1 && path.endsWith('/') ? path.replace(/\/+$/, '') || '/' : path;
