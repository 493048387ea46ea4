import { closeSync, constants, openSync, writeSync } from 'node:fs';

/**
 * Writes to a file of a cgroup, in one call as the kernel takes it. A file that is not there is not made.
 *
 * @throws what the system says
 */
export function writeGroupFile(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}
