import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ContainerInfo } from '@runward/events';
import { parseCgroupPath, type RegistryOptions, RuntimeRegistry } from '@runward/runtimes';

export interface ScannedProcess {
  readonly pid: number;
  readonly command: string;
  readonly uid: number;
  readonly effectiveCapabilities: bigint;
  readonly startedAtMs: number;
}

export interface ScannedContainer {
  readonly container: ContainerInfo;
  /** First started first. */
  readonly processes: readonly ScannedProcess[];
}

const TICKS_PER_SECOND = 100;

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process ended meanwhile
  }
};

/** The most telling cgroup path of a process: one that names a container, else the deepest. */
export function chooseCgroupPath(text: string): string {
  const paths = text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(':').slice(2).join(':')]));
  return (
    paths.find((path) => parseCgroupPath(path) !== undefined) ??
    paths.reduce((best, path) => (path.split('/').length > best.split('/').length ? path : best), '/')
  );
}

function scanProcess(pid: number, bootMs: number): ScannedProcess {
  const stat = read(`/proc/${pid}/stat`);
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0);
  const status = read(`/proc/${pid}/status`);
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '0';
  const command = read(`/proc/${pid}/cmdline`).replace(/\0+$/, '').replaceAll('\0', ' ');
  return {
    pid,
    command: command || `[${read(`/proc/${pid}/comm`).trim()}]`,
    uid: Number(field('Uid')),
    effectiveCapabilities: BigInt(`0x${field('CapEff')}`),
    startedAtMs: bootMs + (ticks * 1000) / TICKS_PER_SECOND,
  };
}

const namespaceOf = (pid: number | 'self', kind: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return '';
  }
};

/** Containers by their processes' cgroups; a path that names none counts when its pid namespace is its own. */
export async function scanContainers(options: RegistryOptions): Promise<ScannedContainer[]> {
  const bootMs = Date.now() - Number(read('/proc/uptime').split(' ')[0] ?? 0) * 1000;
  const groups = new Map<string, ScannedProcess[]>();
  const own = namespaceOf(1, 'pid');
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const path = chooseCgroupPath(read(`/proc/${pid}/cgroup`));
    const namespace = namespaceOf(pid, 'pid');
    const isContainer =
      parseCgroupPath(path) !== undefined || (path !== '/' && namespace !== '' && namespace !== own);
    if (isContainer) groups.set(path, [...(groups.get(path) ?? []), scanProcess(pid, bootMs)]);
  }
  const registry = await RuntimeRegistry.discover({ ...options, waitMs: 0 });
  const found = await Promise.all(
    [...groups].map(async ([cgroupPath, processes]): Promise<ScannedContainer> => {
      const sorted = processes.sort((a, b) => a.startedAtMs - b.startedAtMs || a.pid - b.pid);
      const id = parseCgroupPath(cgroupPath)?.id ?? cgroupPath.slice(cgroupPath.lastIndexOf('/') + 1);
      const hints = ancestorsOf(sorted[0]?.pid ?? 0);
      const container = await registry.lookup({ id, cgroupPath, pid: sorted[0]?.pid ?? 0, ...hints });
      return { container, processes: sorted };
    }),
  );
  registry.close();
  return found.sort((a, b) => a.container.name.localeCompare(b.container.name));
}

/** Command lines outside the container: runtimes leave the folder of their state there. */
function ancestorsOf(pid: number): { readonly ancestorArgs: string[][]; readonly ancestorCwds: string[] } {
  const ancestorArgs: string[][] = [];
  const ancestorCwds: string[] = [];
  const inside = namespaceOf(pid, 'pid');
  for (let at = parentOf(pid); at > 1 && ancestorArgs.length < 8; at = parentOf(at)) {
    if (namespaceOf(at, 'pid') === inside) continue;
    ancestorArgs.push(read(`/proc/${at}/cmdline`).replace(/\0$/, '').split('\0'));
    try {
      ancestorCwds.push(readlinkSync(`/proc/${at}/cwd`));
    } catch {
      ancestorCwds.push('');
    }
  }
  return { ancestorArgs, ancestorCwds };
}

function parentOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}
