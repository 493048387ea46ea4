import { closeSync, constants, openSync } from 'node:fs';
import { tryLock } from '@runward/native/files';

/** Takes the lock of a file; the kernel gives it back when this process ends, however. undefined when another has it. */
export function holdFile(path: string): (() => void) | undefined {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  if (tryLock(fd)) return () => closeSync(fd);
  closeSync(fd);
  return undefined;
}
