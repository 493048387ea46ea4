import type { FanotifyMarkKind } from '@runward/native/fanotify';
import { FAN_ONDIR, FAN_OPEN_EXEC_PERM, FAN_OPEN_PERM } from '@runward/native/fanotify';
import { isFree, type KernelTables, START_OPERATION, walkBytes } from '@runward/policy';
import type { UnmarkedMount } from './messages.js';
import type { Mount } from './mountinfo.js';

/** Bits of the operations an open can be told to be. */
export const READ = 1;
export const WRITE = 2;

export interface PlannedMark {
  readonly mount: Mount;
  readonly kind: Exclude<FanotifyMarkKind, 'inode'>;
  readonly mask: number;
}

/** What of the host matters for marking: its mounts, as this program sees them. */
export interface HostMounts {
  readonly devices: ReadonlySet<string>;
  readonly rootDevice: string;
}

export const hostMounts = (mounts: readonly Mount[]): HostMounts => ({
  devices: new Set(mounts.map(({ device }) => device)),
  rootDevice: mounts.find(({ point }) => point === '/')?.device ?? '',
});

export const judgesOpens = (tables: KernelTables): boolean =>
  ((tables.sections.get('file')?.deniable ?? 0) & (READ | WRITE)) !== 0;

export const judgesStarts = (tables: KernelTables): boolean =>
  tables.drift.deniedEnforced ||
  tables.fileless.deniedEnforced ||
  ((tables.sections.get('process')?.enforced ?? false) &&
    ((tables.sections.get('process')?.deniable ?? 0) & START_OPERATION) !== 0);

/**
 * A file system that is the container's alone is marked as a whole: whatever mounts of it are made inside, its files
 * are watched. One that the host uses as well is marked by mount, or every open of the host would wait for an answer.
 */
export function markKind(mount: Mount, host: HostMounts): PlannedMark['kind'] {
  if (!host.devices.has(mount.device)) return 'filesystem';
  const isOwnRoot = isRootOverlay(mount) && mount.root === '/' && mount.device !== host.rootDevice;
  return isOwnRoot ? 'filesystem' : 'mount';
}

const isRootOverlay = ({ point, type }: Mount): boolean =>
  point === '/' && (type === 'overlay' || type === 'fuse.fuse-overlayfs');

/**
 * File systems that a process may serve: to tell of an open the kernel opens the file once more, for the answering
 * thread, which then waited for a server that may wait for an answer.
 */
const SERVED = /^(?:fuse|nfs|cifs|smb3|9p|ceph|afs|autofs|coda|orangefs|gfs2|ocfs2|virtiofs)/;

/** What runtimes hide files of the kernel with: there is nothing on it. */
const isMask = ({ type, readOnly, point }: Mount): boolean =>
  type === 'tmpfs' && readOnly && /^\/(?:proc|sys)\//.test(point);

/** Programs are started from none of these. */
const WITHOUT_PROGRAMS = /^(?:proc|sysfs|cgroup2?|devpts|mqueue|securityfs|debugfs|tracefs|bpf)$/;

export interface MarkPlan {
  readonly marks: readonly PlannedMark[];
  readonly unmarked: readonly UnmarkedMount[];
}

/** Which mounts of a container are to be marked, and with what. Mounts below which nothing can be denied are left. */
export function planMarks(mounts: readonly Mount[], tables: KernelTables, host: HostMounts): MarkPlan {
  const marks: PlannedMark[] = [];
  const unmarked: UnmarkedMount[] = [];
  const restricted = new Set(mounts.filter((mount) => restricts(tables, mount)).map(({ device }) => device));
  for (const mount of mounts) {
    const opens = judgesOpens(tables) && restricted.has(mount.device);
    const starts = judgesStarts(tables) && !WITHOUT_PROGRAMS.test(mount.type);
    if ((!opens && !starts) || isMask(mount)) continue;
    if (mount.type === 'proc') {
      unmarked.push({ point: mount.point, problem: 'of files in proc the kernel asks nobody' });
      continue;
    }
    if (SERVED.test(mount.type) && !isRootOverlay(mount)) {
      unmarked.push({
        point: mount.point,
        problem: `its file system (${mount.type}) may be served by a process`,
      });
      continue;
    }
    const mask = (opens ? FAN_OPEN_PERM | FAN_ONDIR : 0) | (starts ? FAN_OPEN_EXEC_PERM : 0);
    marks.push({ mount, kind: markKind(mount, host), mask });
  }
  return { marks, unmarked };
}

/** Whether anything at or below a mount's point can be denied. */
function restricts(tables: KernelTables, { point }: Mount): boolean {
  const path = Buffer.from(point === '/' ? '' : point, 'latin1');
  return !isFree(tables, walkBytes(tables, tables.automaton.pathStart, path));
}
