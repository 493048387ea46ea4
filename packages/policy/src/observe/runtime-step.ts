import type { ProcessInfo } from '@runward/events';

const DEPTH = 16;

/**
 * Whether a process of a container still runs the program of whoever makes the container: it was executed before the
 * process came into the container's mount namespace, and what it does (mounts, capabilities) is no doing of the
 * workload. `hostMntNs` 0: not known; then that of the nearest ancestor outside the container stands for it.
 */
export function isRuntimeStep(process: ProcessInfo, hostMntNs: number): boolean {
  if (process.mntNs === 0) return false;
  if (hostMntNs !== 0) return process.mntNs === hostMntNs;
  let outside = process.parent;
  for (let i = 0; i < DEPTH && outside !== undefined && outside.cgroupId === process.cgroupId; i += 1)
    outside = outside.parent;
  return outside !== undefined && outside.cgroupId !== process.cgroupId && outside.mntNs === process.mntNs;
}
