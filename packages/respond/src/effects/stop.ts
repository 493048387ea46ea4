import type { ContainerGroups } from '../container/container-groups.js';
import { Freezer } from '../container/freezer.js';
import { PinnedProcess, SIGTERM } from '../container/pinned-process.js';
import { pollUntil } from '../container/poll.js';
import { statOf } from '../container/processes.js';
import { unlessGone } from '../error.js';
import { type KilledContainer, killContainer } from './kill-container.js';

export interface StoppedContainer {
  /** It ended by itself when it was asked to. */
  readonly gracefully: boolean;
  readonly killed?: KilledContainer;
}

/**
 * Asks the container's first process to end, and ends the container when the time is over.
 *
 * @throws RespondError as {@link killContainer}
 */
export async function stopContainer(groups: ContainerGroups, graceMs: number): Promise<StoppedContainer> {
  groups.mustBeOwn();
  const freezer = Freezer.of(groups);
  for (const pid of firstProcesses(groups)) {
    const held = PinnedProcess.hold(pid, (each) => groups.has(each));
    held?.signal(SIGTERM);
    held?.release();
  }
  // Frozen it could not end.
  unlessGone(() => {
    if (freezer?.isFrozen === true) freezer.thaw();
  });
  if (await pollUntil(() => groups.members().length === 0, graceMs)) return { gracefully: true };
  return { gracefully: false, killed: await killContainer(groups) };
}

/** Those whose parent is outside: the first process, and what was put in beside it by `exec`. */
function firstProcesses(groups: ContainerGroups): readonly number[] {
  const members = groups.members();
  const inside = new Set(members);
  return members.filter((pid) => !inside.has(statOf(pid)?.ppid ?? 0));
}
