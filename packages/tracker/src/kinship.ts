import type { ContainerSlot } from './container-table.js';
import type { ProcessEntry } from './process-entry.js';

const ANCESTORS_TOLD = 8;

/** A process found in /proc at start is known by its path until its first event. */
export function isInside(entry: ProcessEntry, slot: ContainerSlot): boolean {
  return entry.cgroup === 0 ? entry.cgroupPath === slot.path : entry.cgroup === slot.cgroup;
}

/** What is inside a container can claim anything, so it is passed over. */
export function ancestorsOutside(entry: ProcessEntry, slot: ContainerSlot): ProcessEntry[] {
  const outside: ProcessEntry[] = [];
  for (let at = entry.parent; at !== undefined && outside.length < ANCESTORS_TOLD; at = at.parent) {
    if (!isInside(at, slot)) outside.push(at);
  }
  return outside;
}

/** The process and its parents for as long as they share its mount namespace, nearest first. */
export function sharersOfRoot(entry: ProcessEntry): number[] {
  const pids: number[] = [];
  for (let at: ProcessEntry | undefined = entry; at?.mntNs === entry.mntNs; at = at.parent) pids.push(at.pid);
  return pids;
}
