import { normalizePath } from '@runward/events';
import type { Call } from './call.js';
import type { ScapProcess } from './scap-process.js';

const AT_FDCWD = -100;
/** Which descriptor a relative path of that name starts from; all others start from the working directory. */
const BASES: Readonly<Record<string, string>> = {
  name: 'dirfd',
  path: 'dirfd',
  pathname: 'dirfd',
  filename: 'dirfd',
  oldpath: 'olddirfd',
  newpath: 'newdirfd',
  linkpath: 'linkdirfd',
};
const LINKAT_BASES: Readonly<Record<string, string>> = { oldpath: 'olddir', newpath: 'newdir' };

/** PATH_MAX: the kernel takes no longer path, and relative ones must not grow with every step. */
const MAX_PATH = 4096;

/** Absolute form of a path, undefined where its start is not known. */
export function absolutePath(path: string, base: string | undefined): string | undefined {
  if (path.startsWith('/')) return normalizePath(path).slice(0, 2 * MAX_PATH);
  if (base === undefined || base === '') return undefined;
  return normalizePath(`${base}/${path}`).slice(0, 2 * MAX_PATH);
}

/** The path parameter `name` of a call, absolute as the process means it. Symbolic links stay as they are. */
export function pathOf(call: Call, name: string, process: ScapProcess): string | undefined {
  const given = call.text(name);
  if (given === undefined) return undefined;
  const base = (call.exit.row?.type === 'linkat' ? LINKAT_BASES[name] : undefined) ?? BASES[name];
  const dirfd = base === undefined ? undefined : call.number(base);
  if (dirfd === undefined || dirfd === AT_FDCWD) return absolutePath(given, process.cwd);
  return absolutePath(given, process.descriptors.get(dirfd)?.path);
}
