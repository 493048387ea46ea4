import { textOf } from './files.js';

/** The process that was started first, which is the container's own; undefined: all have ended. */
export function firstProcess(pids: readonly number[]): number | undefined {
  let first: { readonly pid: number; readonly ticks: number } | undefined;
  for (const pid of pids) {
    const stat = textOf(`/proc/${pid}/stat`);
    if (stat === undefined) continue;
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[18]);
    if (state === 'Z' || state === 'X' || !Number.isFinite(ticks)) continue;
    if (first === undefined || ticks < first.ticks || (ticks === first.ticks && pid < first.pid))
      first = { pid, ticks };
  }
  return first?.pid;
}
