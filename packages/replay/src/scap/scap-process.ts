import type { CapabilitySets, ContainerRuntime, ExecutableFacts, ProcessInfo } from '@runward/events';
import type { Descriptor } from './descriptor.js';

const UNSET_UID = 0xffffffff;
const NO_CAPS: CapabilitySets = { inheritable: 0n, permitted: 0n, effective: 0n };
export const UNKNOWN_EXECUTABLE: ExecutableFacts = {
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
/** Ancestors a process keeps alive: endless chains of forks must not keep all that ever ran. */
const MAX_ANCESTORS = 64;

/** A process of the captured machine, as its lists and events have told so far. */
export class ScapProcess implements ProcessInfo {
  readonly pid: number;
  ppid = 0;
  vpid: number;
  sid = 0;
  vsid = 0;
  pgid = 0;
  vpgid = 0;
  parent: ScapProcess | undefined;
  sessionLeader: ScapProcess | undefined;
  groupLeader: ScapProcess | undefined;
  comm = '';
  args: readonly string[] = [];
  argsTruncated = false;
  env: readonly string[] = [];
  cwd = '';
  uid = 0;
  gid = 0;
  euid = 0;
  egid = 0;
  loginuid = UNSET_UID;
  caps: CapabilitySets = NO_CAPS;
  tty = 0;
  startedAtNs = 0n;
  execAtNs = 0n;
  executable: ExecutableFacts = UNKNOWN_EXECUTABLE;
  readonly cgroupId = 0n;
  cgroupPath = '';
  readonly pidNs = 0;
  readonly mntNs = 0;
  readonly netNs = 0;
  readonly userNs = 0;
  /** Id by its cgroups; '' for the host. */
  containerId = '';
  /** What its cgroups say of the runtime. */
  runtime: ContainerRuntime = 'unknown';
  descriptors = new Map<number, Descriptor>();
  /** False when the table is that of another process (`CLONE_FILES`). */
  ownsDescriptors = true;
  /** Living threads, the main one included; 0 for a process that was only heard of. */
  threads = 0;

  constructor(pid: number) {
    this.pid = pid;
    this.vpid = pid;
  }

  /** What a fork hands down, descriptors apart; the child changes from there. */
  inheritFrom(parent: ScapProcess): void {
    this.setParent(parent);
    this.sid = parent.sid;
    this.vsid = parent.vsid;
    this.pgid = parent.pgid;
    this.vpgid = parent.vpgid;
    this.sessionLeader = parent.sessionLeader;
    this.groupLeader = parent.groupLeader;
    this.comm = parent.comm;
    this.args = parent.args;
    this.argsTruncated = parent.argsTruncated;
    this.env = parent.env;
    this.cwd = parent.cwd;
    this.uid = this.euid = parent.euid;
    this.gid = this.egid = parent.egid;
    this.loginuid = parent.loginuid;
    this.caps = parent.caps;
    this.tty = parent.tty;
    this.executable = parent.executable;
    this.execAtNs = parent.execAtNs;
    this.cgroupPath = parent.cgroupPath;
    this.containerId = parent.containerId;
    this.runtime = parent.runtime;
  }

  setParent(parent: ScapProcess): void {
    this.ppid = parent.pid;
    this.parent = parent === this ? undefined : parent;
    let at: ScapProcess | undefined = parent;
    for (let i = 0; i < MAX_ANCESTORS && at !== undefined; i += 1) at = at.parent;
    if (at !== undefined) at.parent = undefined;
  }
}
