import { lstatSync, readdirSync } from 'node:fs';
import { closeFd, openInRoot, openPath } from '@runward/native';
import { sorted } from './files.js';

/** Entries that are looked at; a container may make any number. */
const MOST = 10_000;
/** Terminals that come and go. */
const FLEETING = new Set(['/dev/pts', '/dev/shm', '/dev/mqueue', '/dev/fd']);

export interface DeviceNodes {
  readonly nodes: readonly string[];
  /** There were more than are looked at. */
  readonly cut: boolean;
}

/** Device nodes below a container's /dev, links resolved inside its root only. */
export function deviceNodes(pid: number): DeviceNodes {
  const rootFd = openPath(`/proc/${pid}/root/`);
  if (rootFd < 0) return { nodes: [], cut: false };
  const found: string[] = [];
  let left = MOST;
  try {
    const folders = ['/dev'];
    for (let folder = folders.pop(); folder !== undefined && left > 0; folder = folders.pop()) {
      const fd = openInRoot(rootFd, folder, false);
      if (fd < 0) continue;
      try {
        for (const name of readdirSync(`/proc/self/fd/${fd}`)) {
          left -= 1;
          if (left <= 0) break;
          const path = `${folder}/${name}`;
          const stat = lstatSync(`/proc/self/fd/${fd}/${name}`, { throwIfNoEntry: false });
          if (stat === undefined) continue;
          if (stat.isDirectory()) {
            if (!FLEETING.has(path)) folders.push(path);
          } else if (stat.isBlockDevice() || stat.isCharacterDevice())
            found.push(
              `${stat.isBlockDevice() ? 'b' : 'c'} ${major(stat.rdev)}:${minor(stat.rdev)} ${(stat.mode & 0o777).toString(8)} ${path}`,
            );
        }
      } catch {
        // It is no folder, or went away.
      } finally {
        closeFd(fd);
      }
    }
  } finally {
    closeFd(rootFd);
  }
  return { nodes: sorted(found), cut: left <= 0 };
}

/** As makedev(3) puts them together. */
const major = (device: number): number => Math.floor(device / 256) % 4096;
const minor = (device: number): number => (device % 256) + Math.floor(device / 1_048_576) * 256;
