import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, reasonOf, StateError } from '../error.js';

const OWNER_ONLY = 0o600;

/** Runs `act` on an open file and closes it. */
export function withFile<T>(path: string, flags: string, act: (fd: number) => T): T {
  const fd = openSync(path, flags, OWNER_ONLY);
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}

/** A folder's list of names is written like a file: what was renamed into it is there after a loss of power. */
export const syncFolder = (path: string): void => withFile(path, 'r', fsyncSync);

export function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/**
 * Replaces a file: whoever reads it, after a crash too, finds the old text or the new one, whole.
 *
 * @throws StateError STATE_UNWRITABLE
 */
export function replaceFile(path: string, text: string): void {
  const fresh = `${path}.new`;
  try {
    withFile(fresh, 'w', (fd) => {
      writeAll(fd, text);
      fsyncSync(fd);
    });
    renameSync(fresh, path);
    syncFolder(dirname(path));
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** undefined when there is none. @throws StateError STATE_UNREADABLE */
export function readFileIfAny(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw new StateError('STATE_UNREADABLE', `cannot read \`${path}\`: ${reasonOf(cause)}`, {
      help: 'run as root, or name another folder with `--state DIR`',
      cause,
    });
  }
}

/** @throws StateError STATE_UNWRITABLE */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
    syncFolder(dirname(path));
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw unwritable(path, cause);
  }
}

export const unwritable = (path: string, cause: unknown): StateError =>
  new StateError('STATE_UNWRITABLE', `cannot write \`${path}\`: ${reasonOf(cause)}`, {
    help: 'run as root, make room on the disk, or name another folder with `--state DIR`',
    cause,
  });
