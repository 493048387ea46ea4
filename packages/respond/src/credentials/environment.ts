import { closeSync, openSync, readSync } from 'node:fs';

/** As much as the kernel keeps for the arguments and variables of a usual program. */
const MOST_BYTES = 256 * 1024;

/** Variables a process was started with, or has put there since. Empty when it has ended. */
export function environmentOf(pid: number): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const entry of textOf(`/proc/${pid}/environ`).split('\0')) {
    const at = entry.indexOf('=');
    if (at > 0) variables.set(entry.slice(0, at), entry.slice(at + 1));
  }
  return variables;
}

function textOf(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(MOST_BYTES);
      let length = 0;
      for (let got = -1; got !== 0 && length < MOST_BYTES; length += got)
        got = readSync(fd, bytes, length, MOST_BYTES - length, null);
      return bytes.subarray(0, length).toString('utf8');
    } finally {
      closeSync(fd);
    }
  } catch {
    return ''; // it ended
  }
}
