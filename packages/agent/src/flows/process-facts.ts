import { readFileSync, readlinkSync } from 'node:fs';
import { localAddresses } from '@runward/flows';

const text = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
const link = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** Addresses of the network namespace a process is in; empty when it is gone. */
export const addressesOf = (pid: number): readonly string[] =>
  localAddresses(text(`/proc/${pid}/net/fib_trie`), text(`/proc/${pid}/net/if_inet6`));

/** Whether a process is in a group of version 2 below the root. */
export const hasOwnV2Group = (pid: number): boolean => /^0::\/./m.test(text(`/proc/${pid}/cgroup`));

/** How far upwards a container's runtime is looked for. */
const LEVELS = 8;

export interface Ancestry {
  readonly args: readonly (readonly string[])[];
  readonly cwds: readonly string[];
}

/** Ancestors of a process outside its own cgroup, nearest first: the runtime that was told the container's name. */
export function ancestryOf(pid: number): Ancestry {
  const own = text(`/proc/${pid}/cgroup`);
  const args: string[][] = [];
  const cwds: string[] = [];
  let at = pid;
  for (let level = 0; level < LEVELS; level += 1) {
    const stat = text(`/proc/${at}/stat`);
    at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
    if (!(at > 0)) break;
    if (text(`/proc/${at}/cgroup`) === own) continue;
    args.push(text(`/proc/${at}/cmdline`).split('\0').slice(0, -1));
    cwds.push(link(`/proc/${at}/cwd`));
  }
  return { args, cwds };
}
