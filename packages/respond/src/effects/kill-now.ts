import { readdirSync } from 'node:fs';
import type { ContainerGroups } from '../container/container-groups.js';
import { PinnedProcess, SIGKILL, SIGSTOP } from '../container/pinned-process.js';
import { read, statOf } from '../container/processes.js';
import { holdMeant, type KillProcessOrder } from './kill-process.js';

const MOST_PROCESSES = 4096;

/**
 * Ends a process with its descendants without waiting for anything: it is stopped at once, so are its children before
 * theirs are looked for, and then all are killed. For where there is no time to freeze the container. Returns whom it
 * reached, the process itself first.
 *
 * @throws RespondError RESPOND_VANISHED, RESPOND_NOT_IN_CONTAINER, RESPOND_DENIED
 */
export function killNow(groups: ContainerGroups, order: KillProcessOrder): readonly number[] {
  const held = new Map<number, PinnedProcess>([[order.pid, holdMeant(groups, order)]]);
  try {
    // A map goes on to what is added while it is walked.
    for (const each of held.values()) {
      each.signal(SIGSTOP);
      for (const pid of childrenOf(each.pid)) {
        if (held.has(pid) || held.size >= MOST_PROCESSES) continue;
        const child = PinnedProcess.hold(pid, () => groups.has(pid) && statOf(pid)?.ppid === each.pid);
        if (child !== undefined) held.set(pid, child);
      }
    }
    for (const each of held.values()) each.signal(SIGKILL);
    return [...held.keys()];
  } finally {
    for (const each of held.values()) each.release();
  }
}

/** As the kernel lists them for each thread (CONFIG_PROC_CHILDREN); complete, since the parent is stopped. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      read(`/proc/${pid}/task/${thread}/children`)
        .split(' ')
        .map(Number)
        .filter((child) => child > 0),
    );
  } catch {
    return []; // it ended
  }
}
