import { readdirSync } from 'node:fs';
import type { ContainerInfo } from '@runward/events';
import { parseCgroupPath, type RegistryOptions, RuntimeRegistry } from '@runward/runtimes';
import {
  ancestorsOf,
  hasOwnRoot,
  read,
  type ScannedProcess,
  scanProcess,
  sharesNamespace,
} from './process-scan.js';

export interface ScannedContainer {
  /** What the runtime does not tell of shared namespaces is filled in from the processes. */
  readonly container: ContainerInfo;
  /** First started first. */
  readonly processes: readonly ScannedProcess[];
}

interface Group {
  readonly id: string;
  readonly cgroupPath: string;
  /** The path itself says that it is a container's. */
  readonly named: boolean;
  readonly pids: number[];
}

const depth = (path: string): number => path.split('/').filter((segment) => segment !== '').length;
const leafOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** The most telling cgroup path of a process: one that names a container, else the deepest. */
export function chooseCgroupPath(text: string): string {
  const paths = text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(':').slice(2).join(':')]));
  return (
    paths.find((path) => parseCgroupPath(path) !== undefined) ??
    paths.reduce((best, path) => (depth(path) > depth(best) ? path : best), '/')
  );
}

/** Host services have groups of these kinds; what runs in them on a root of its own is no container. */
const isHostUnit = (leaf: string): boolean =>
  leaf === '' || /\.(service|scope|slice|socket|mount)$/.test(leaf);

/** Processes by container: named by their cgroup, or in a group of their own on a root of their own. */
function groupProcesses(): Group[] {
  const groups = new Map<string, Group>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const cgroupPath = chooseCgroupPath(read(`/proc/${pid}/cgroup`));
    const id = parseCgroupPath(cgroupPath)?.id;
    if (id === undefined && (isHostUnit(leafOf(cgroupPath)) || !hasOwnRoot(pid))) continue;
    const key = id ?? cgroupPath;
    const group = groups.get(key) ?? {
      id: id ?? leafOf(cgroupPath),
      cgroupPath,
      named: id !== undefined,
      pids: [],
    };
    group.pids.push(pid);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The containers that have running processes, whoever started them. Needs no sensor. */
export async function scanContainers(options: RegistryOptions): Promise<ScannedContainer[]> {
  const bootMs = Date.now() - Number(read('/proc/uptime').split(' ')[0] ?? 0) * 1000;
  const registry = await RuntimeRegistry.discover({ ...options, waitMs: 0 });
  const found = await Promise.all(
    groupProcesses().map(async ({ id, cgroupPath, named, pids }): Promise<ScannedContainer[]> => {
      const processes = pids
        .map((pid) => scanProcess(pid, bootMs))
        .sort((a, b) => a.startedAtMs - b.startedAtMs || a.pid - b.pid);
      const pid = processes[0]?.pid ?? 0;
      const known = await registry.lookup({ id, cgroupPath, pid, ...ancestorsOf(pid) });
      // Build tools and chroots have a root of their own too, but no runtime that knows them.
      if (!named && known.metadata === 'path-only' && sharesNamespace(pid, 'pid') !== false) return [];
      const container: ContainerInfo = {
        ...known,
        hostPid: known.hostPid ?? sharesNamespace(pid, 'pid'),
        hostNetwork: known.hostNetwork ?? sharesNamespace(pid, 'net'),
        hostIpc: known.hostIpc ?? sharesNamespace(pid, 'ipc'),
      };
      return [{ container, processes }];
    }),
  );
  registry.close();
  return found.flat().sort((a, b) => a.container.name.localeCompare(b.container.name));
}
