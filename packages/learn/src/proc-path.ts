import type { ProcessInfo } from '@runward/events';

const PROC = '/proc/';
const TASK = /\/task\/\d+(?=\/|$)/;

/**
 * Numbers of processes mean nothing the next time: a process's own files in /proc are `/proc/self`, those of others
 * `/proc/[pid]`, of threads `/task/[tid]`. Any other path comes back as it is.
 */
export function withoutPids(path: string, { vpid, pid }: ProcessInfo): string {
  if (!path.startsWith(PROC)) return path;
  const end = path.indexOf('/', PROC.length);
  const first = path.slice(PROC.length, end < 0 ? path.length : end);
  if (!/^\d+$/.test(first)) return path;
  const rest = end < 0 ? '' : path.slice(end);
  const number = Number(first);
  const who = number === vpid || number === pid ? 'self' : '[pid]';
  return `${PROC}${who}${rest.replace(TASK, '/task/[tid]')}`;
}
