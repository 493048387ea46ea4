import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessStat {
  readonly pid: number;
  readonly comm: string;
  /** As proc(5) writes it: R, S, D, T, Z… */
  readonly state: string;
  readonly ppid: number;
  /** Clock ticks after boot: with the pid it names one process. */
  readonly startTicks: number;
}

/** USER_HZ, on every architecture Linux has now. */
const TICKS_PER_SECOND = 100;

/** undefined when there is no such process (any more). */
export function statOf(pid: number): ProcessStat | undefined {
  const text = read(`/proc/${pid}/stat`);
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < 0) return undefined;
  const fields = text.slice(close + 2).split(' ');
  return {
    pid,
    comm: text.slice(open + 1, close),
    state: fields[0] ?? '',
    ppid: Number(fields[1] ?? 0),
    startTicks: Number(fields[19] ?? 0),
  };
}

/** What no signal ends any more. */
export const isOver = ({ state }: ProcessStat): boolean => state === 'Z' || state === 'X';

/** Wall clock, milliseconds; as exact as a tick. */
export function startedAtMs(stat: ProcessStat, nowMs = Date.now()): number {
  const upMs = Number(read('/proc/uptime').split(' ')[0] ?? 0) * 1000;
  return nowMs - upMs + (stat.startTicks * 1000) / TICKS_PER_SECOND;
}

/** Lines of /proc/PID/cgroup, as controllers (without any: the tree of version 2) and path. */
export function groupsOf(pid: number): readonly { readonly controllers: string; readonly path: string }[] {
  return read(`/proc/${pid}/cgroup`)
    .split('\n')
    .flatMap((line) => {
      const found = /^\d+:([^:]*):(\/.*)$/.exec(line);
      return found === null ? [] : [{ controllers: found[1] ?? '', path: found[2] ?? '' }];
    });
}

/** Groups below one that are looked at; a container may make as many as it likes. */
const MOST_NESTED = 4096;

/** Every process in the group or below; what is removed meanwhile is left out. */
export function membersBelow(folder: string): readonly number[] {
  const pids: number[] = [];
  const waiting = [folder];
  for (let seen = 0; seen < MOST_NESTED; seen += 1) {
    const at = waiting.pop();
    if (at === undefined) break;
    for (const line of read(`${at}/cgroup.procs`).split('\n')) {
      const pid = Number(line);
      if (pid > 0) pids.push(pid); // 0: of another pid namespace
    }
    waiting.push(...foldersIn(at));
  }
  return pids;
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${folder}/${entry.name}`);
  } catch {
    return [];
  }
}

/** '' when it cannot be read: it ended meanwhile. */
export function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
