import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from '@runward/native/files';
import { StateError } from '../error.js';
import { unwritable } from './durable-file.js';

const LOOK_AGAIN_MS = 20;
const PATIENCE_MS = 10_000;

/**
 * Runs `act` while nobody else holds the lock of this file, in this process or another. The kernel gives the lock
 * back when its holder ends, however.
 *
 * @throws StateError STATE_BUSY after ten seconds, STATE_UNWRITABLE
 */
export async function whileLocked<T>(path: string, act: () => T | Promise<T>): Promise<T> {
  const fd = openLock(path);
  try {
    const until = performance.now() + PATIENCE_MS;
    while (!tryLock(fd)) {
      if (performance.now() > until)
        throw new StateError('STATE_BUSY', `somebody else has been changing \`${dirname(path)}\` for 10 s`, {
          help: `\`fuser ${path}\` names the process`,
        });
      await sleep(LOOK_AGAIN_MS);
    }
    return await act();
  } finally {
    closeSync(fd);
  }
}

/**
 * Takes the lock of this file for as long as this process wants it; undefined when somebody else has it.
 *
 * @throws StateError STATE_UNWRITABLE
 */
export function holdLock(path: string): { readonly release: () => void } | undefined {
  const fd = openLock(path);
  if (tryLock(fd)) return { release: () => closeSync(fd) };
  closeSync(fd);
  return undefined;
}

function openLock(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}
