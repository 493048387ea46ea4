import type { ContainerInfo, ProcessInfo } from '../model.js';

/**
 * Longest parent chain that is followed. Far above any real one: a chain this long can only be a cycle in
 * the process table, and reading a rule must end.
 */
const MAX_DEPTH = 512;

/** The process itself at level 0, its parent at 1, and so on. */
export function ancestor(process: ProcessInfo, level: number): ProcessInfo | undefined {
  let at: ProcessInfo | undefined = process;
  for (let i = 0; i < level && i < MAX_DEPTH && at !== undefined; i++) at = at.parent;
  return level > MAX_DEPTH ? undefined : at;
}

/** `pick` of every ancestor, nearest first, without the process itself. */
export function ofAncestors<T>(process: ProcessInfo, pick: (ancestor: ProcessInfo) => T | undefined): T[] {
  const found: T[] = [];
  let at = process.parent;
  for (let i = 0; i < MAX_DEPTH && at !== undefined; i++, at = at.parent) {
    const value = pick(at);
    if (value !== undefined) found.push(value);
  }
  return found;
}

/** The farthest process of the chain, starting with `process`, up to which `holds` never fails. */
function eldest(process: ProcessInfo, holds: (p: ProcessInfo) => boolean): ProcessInfo {
  let found = process;
  let at = process.parent;
  for (let i = 0; i < MAX_DEPTH && at !== undefined && holds(at); i++, at = at.parent) found = at;
  return found;
}

/** The leader, or the eldest ancestor of the same session where the leader is gone. */
export const sessionLeader = (p: ProcessInfo): ProcessInfo =>
  p.sessionLeader ?? eldest(p, (a) => a.sid === p.sid);

export const groupLeader = (p: ProcessInfo): ProcessInfo =>
  p.groupLeader ?? eldest(p, (a) => a.pgid === p.pgid);

const SHELLS: ReadonlySet<string> = new Set(
  'ash bash csh dash fish ksh mksh pdksh rbash sh tcsh zsh'.split(' '),
);

/** The oldest shell among the process and its ancestors. */
export function loginShell(process: ProcessInfo): ProcessInfo | undefined {
  let found: ProcessInfo | undefined;
  let at: ProcessInfo | undefined = process;
  for (let i = 0; i < MAX_DEPTH && at !== undefined; i++, at = at.parent) if (SHELLS.has(at.comm)) found = at;
  return found;
}

/** Start of the pid namespace: of its init process where the chain reaches it, else of the container. */
export function pidNamespaceStart(
  process: ProcessInfo,
  container: ContainerInfo | undefined,
): bigint | undefined {
  let at: ProcessInfo | undefined = process;
  for (let i = 0; i < MAX_DEPTH && at !== undefined && at.pidNs === process.pidNs; i++, at = at.parent)
    if (at.vpid === 1) return at.startedAtNs;
  return container !== undefined && container.hostPid === false && container.startedAtNs > 0n
    ? container.startedAtNs
    : undefined;
}
