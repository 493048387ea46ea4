import { readFileSync, readlinkSync } from 'node:fs';
import { normalizePath, type PathResolver, type ProcessInfo } from '@runward/events';
import { closeFd, openInRoot, openPath } from '@runward/native';
import { MountTables } from './mount-tables.js';
import { namespaceId } from './proc-reader.js';

const O_PATH_FAILED = -1;

/**
 * Resolves what a caller wrote with the kernel's own look-up, inside the root of the process: symbolic links
 * are followed as the process would follow them. Used only where no kernel object carried the path.
 */
export class ProcPathResolver implements PathResolver {
  readonly #mounts = new MountTables((pid) => readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));

  resolve(process: ProcessInfo, path: string, followLast: boolean): string | undefined {
    const plain = path.replace(/\/+$/, '') || '/';
    const cut = plain.lastIndexOf('/');
    const last = plain.slice(cut + 1);
    const isName = last !== '' && last !== '.' && last !== '..';
    if (followLast || !isName) {
      const whole = this.#realPath(process, plain, !followLast);
      if (whole !== undefined || !isName) return whole;
    }
    const parent = this.#realPath(process, plain.slice(0, cut) || '/', false);
    if (parent === undefined) return undefined;
    return normalizePath(`${parent}/${last}`);
  }

  #realPath(process: ProcessInfo, path: string, nofollow: boolean): string | undefined {
    const root = openRoot(process);
    if (root === O_PATH_FAILED) return undefined;
    const fd = openInRoot(root, path, nofollow);
    let found: string | undefined;
    if (fd >= 0) {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        const base = readlinkSync(`/proc/self/fd/${root}`);
        found = relativeTo(base, target);
      } catch {
        found = undefined;
      }
      closeFd(fd);
    }
    closeFd(root);
    return found;
  }

  hostPath(pid: number, mntNs: number, path: string): string | undefined {
    // The table knows the namespace of the last exec; unshare and setns change it without a word.
    return this.#mounts.hostPath(pid, namespaceId(pid, 'mnt') || mntNs, path);
  }
}

/**
 * The root of the process, or once it has ended, that of the nearest ancestor in its mount namespace: most
 * programs that unlink or rename are gone by now, the shell or server that started them is not.
 */
function openRoot(process: ProcessInfo): number {
  let root = O_PATH_FAILED;
  for (
    let at: ProcessInfo | undefined = process;
    at?.mntNs === process.mntNs && root === O_PATH_FAILED;
    at = at.parent
  ) {
    root = openPath(`/proc/${at.pid}/root`);
  }
  return root;
}

/** A path below the root of the process; the kernel prints it from the agent's or the namespace's root. */
function relativeTo(base: string, target: string): string | undefined {
  if (base === '/') return target.startsWith('/') ? target : undefined;
  if (target === base) return '/';
  return target.startsWith(`${base}/`)
    ? target.slice(base.length)
    : target.startsWith('/')
      ? target
      : undefined;
}
