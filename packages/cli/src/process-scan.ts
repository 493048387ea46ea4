import { readFileSync, readlinkSync, statSync } from 'node:fs';

/** A process as /proc shows it. */
export interface ScannedProcess {
  readonly pid: number;
  readonly command: string;
  readonly uid: number;
  readonly effectiveCapabilities: bigint;
  /** A filter (seccomp) limits its system calls. */
  readonly filtered: boolean;
  readonly startedAtMs: number;
}

export type Namespace = 'pid' | 'net' | 'ipc';

/** USER_HZ: what /proc counts time in, on every architecture Linux has now. */
const TICKS_PER_SECOND = 100;
const ANCESTORS = 8;

export const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended meanwhile
  }
};

const link = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

/** Fields of /proc/PID/stat after the name, which may itself hold spaces and brackets. */
const statOf = (pid: number): readonly string[] => {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

export function scanProcess(pid: number, bootMs: number): ScannedProcess {
  const ticks = Number(statOf(pid)[19] ?? 0);
  const status = read(`/proc/${pid}/status`);
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '0';
  const command = read(`/proc/${pid}/cmdline`).replace(/\0+$/, '').replaceAll('\0', ' ');
  return {
    pid,
    command: command || `[${read(`/proc/${pid}/comm`).trim()}]`,
    uid: Number(field('Uid')),
    effectiveCapabilities: BigInt(`0x${field('CapEff')}`),
    filtered: field('Seccomp') !== '0',
    startedAtMs: bootMs + (ticks * 1000) / TICKS_PER_SECOND,
  };
}

/** Whether the process lives in the same namespace as this one; undefined when that cannot be seen. */
export function sharesNamespace(pid: number, kind: Namespace): boolean | undefined {
  const other = link(`/proc/${pid}/ns/${kind}`);
  return other === '' ? undefined : other === link(`/proc/self/ns/${kind}`);
}

/** Whether the process's root folder is another one than this process's. */
export function hasOwnRoot(pid: number): boolean {
  try {
    const own = statSync('/');
    const other = statSync(`/proc/${pid}/root/`);
    return own.dev !== other.dev || own.ino !== other.ino;
  } catch {
    return false; // ended, or not ours to look at
  }
}

/** Command lines and folders outside the container, nearest first: runtimes leave the place of their state there. */
export function ancestorsOf(pid: number): {
  readonly ancestorArgs: string[][];
  readonly ancestorCwds: string[];
} {
  const ancestorArgs: string[][] = [];
  const ancestorCwds: string[] = [];
  for (let at = parentOf(pid); at > 1 && ancestorArgs.length < ANCESTORS; at = parentOf(at)) {
    if (sharesNamespace(at, 'pid') !== true) continue;
    ancestorArgs.push(read(`/proc/${at}/cmdline`).replace(/\0$/, '').split('\0'));
    ancestorCwds.push(link(`/proc/${at}/cwd`));
  }
  return { ancestorArgs, ancestorCwds };
}

const parentOf = (pid: number): number => Number(statOf(pid)[1] ?? 0);
