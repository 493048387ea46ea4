import type { CapabilitySets, ExecutableFacts, ProcessInfo } from '@runward/events';

const NO_EXECUTABLE: ExecutableFacts = {
  path: '',
  inode: 0n,
  deviceMajor: 0,
  deviceMinor: 0,
  ctimeNs: 0n,
  mtimeNs: 0n,
  uid: 0,
  mode: 0,
  upperLayer: false,
  lowerLayer: false,
  memfd: false,
  deleted: false,
  writable: false,
  setuid: false,
  setgid: false,
};

/** What exec fixed: shared by a process and the children it forks until they exec themselves. */
export interface ProcessImage {
  readonly comm: string;
  readonly args: readonly string[];
  readonly argsTruncated: boolean;
  readonly env: readonly string[];
  readonly executable: ExecutableFacts;
  readonly execAtNs: number;
}

export const EMPTY_IMAGE: ProcessImage = {
  comm: '',
  args: [],
  argsTruncated: false,
  env: [],
  executable: NO_EXECUTABLE,
  execAtNs: 0,
};

/** Finds the entries a process refers to by number. */
export interface Kin {
  byPid(pid: number): ProcessEntry | undefined;
  readonly epochOffsetNs: bigint;
  /** CLOCK_BOOTTIME, ns, of a past event that is looked at now; Infinity for one that just happened. */
  readonly asOfNs: number;
}

/**
 * One process with one image. Exec makes a new entry, so a reference kept by a waiting event still shows
 * what was true when it happened; a parent that started another program since is told as it was at the fork. Numbers that can change without exec (user, capabilities, cwd) are kept
 * current by the events that carry them.
 */
export class ProcessEntry implements ProcessInfo, CapabilitySets {
  pid = 0;
  /** CLOCK_BOOTTIME of the fork, ns; with pid the identity. Read from /proc it is exact to 10 ms only. */
  startNs = 0;
  ppid = 0;
  vpid = 0;
  sid = 0;
  vsid = 0;
  pgid = 0;
  vpgid = 0;
  comm = '';
  cwd = '';
  uid = 0;
  gid = 0;
  euid = 0;
  egid = 0;
  loginuid = 0xffff_ffff;
  tty = 0;
  inheritable = 0n;
  permitted = 0n;
  effective = 0n;
  /** Low words of the sets as last seen on an event: a cheap test for change. */
  capEffectiveLow = -1;
  capPermittedLow = -1;
  cgroup = 0;
  cgroupPath = '';
  pidNs = 0;
  mntNs = 0;
  netNs = 0;
  userNs = 0;
  image: ProcessImage = EMPTY_IMAGE;
  /** The parent as it was; survives its end. */
  forkedBy: ProcessEntry | undefined = undefined;
  depth = 0;
  exited = false;
  readonly #kin: Kin;

  constructor(kin: Kin) {
    this.#kin = kin;
  }

  get parent(): ProcessEntry | undefined {
    const current = this.#kin.byPid(this.ppid);
    const known = this.forkedBy;
    if (known === undefined)
      return current !== undefined && current.startNs <= this.startNs ? current : undefined;
    if (current === undefined || current.startNs !== known.startNs) return known;
    return current.image.execAtNs > this.#kin.asOfNs ? known : current;
  }
  get sessionLeader(): ProcessEntry | undefined {
    return this.#leader(this.sid);
  }
  get groupLeader(): ProcessEntry | undefined {
    return this.#leader(this.pgid);
  }
  #leader(pid: number): ProcessEntry | undefined {
    if (pid === this.pid) return this;
    const leader = this.#kin.byPid(pid);
    return leader !== undefined && leader.startNs <= this.startNs ? leader : undefined;
  }
  get args(): readonly string[] {
    return this.image.args;
  }
  get argsTruncated(): boolean {
    return this.image.argsTruncated;
  }
  get env(): readonly string[] {
    return this.image.env;
  }
  get executable(): ExecutableFacts {
    return this.image.executable;
  }
  /** The entry itself: it has the three sets. */
  get caps(): CapabilitySets {
    return this;
  }
  get startedAtNs(): bigint {
    return BigInt(this.startNs) + this.#kin.epochOffsetNs;
  }
  get execAtNs(): bigint {
    return this.image.execAtNs === 0
      ? this.startedAtNs
      : BigInt(this.image.execAtNs) + this.#kin.epochOffsetNs;
  }
  get cgroupId(): bigint {
    return BigInt(this.cgroup);
  }

  /** A copy with another image's place left to fill: what exec and fork start from. */
  copy(): ProcessEntry {
    // One by one: a generic copy costs ten times as much, and this runs for every fork and exec of the host.
    const next = new ProcessEntry(this.#kin);
    next.pid = this.pid;
    next.startNs = this.startNs;
    next.ppid = this.ppid;
    next.vpid = this.vpid;
    next.sid = this.sid;
    next.vsid = this.vsid;
    next.pgid = this.pgid;
    next.vpgid = this.vpgid;
    next.comm = this.comm;
    next.cwd = this.cwd;
    next.uid = this.uid;
    next.gid = this.gid;
    next.euid = this.euid;
    next.egid = this.egid;
    next.loginuid = this.loginuid;
    next.tty = this.tty;
    next.inheritable = this.inheritable;
    next.permitted = this.permitted;
    next.effective = this.effective;
    next.capEffectiveLow = this.capEffectiveLow;
    next.capPermittedLow = this.capPermittedLow;
    next.cgroup = this.cgroup;
    next.cgroupPath = this.cgroupPath;
    next.pidNs = this.pidNs;
    next.mntNs = this.mntNs;
    next.netNs = this.netNs;
    next.userNs = this.userNs;
    next.image = this.image;
    next.forkedBy = this.forkedBy;
    next.depth = this.depth;
    next.exited = this.exited;
    return next;
  }
}
