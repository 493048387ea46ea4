import { createHash } from 'node:crypto';
import { errnoName } from '@runward/events';
import { seccompFilters } from '@runward/native';

/**
 * SHA-256 of each filter of a process, the last installed first; why not, where the kernel does not tell. The process is
 * stopped for a moment: a call that it waits in may end with EINTR, which programs of a container have to bear anyhow when
 * it is paused.
 */
export function filterDigests(pid: number): readonly string[] | string {
  const filters = seccompFilters(pid);
  if (typeof filters === 'number') return errnoName(-filters);
  return filters.map((instructions) => createHash('sha256').update(instructions).digest('hex'));
}
