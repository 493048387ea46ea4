import type { ContainerGroups } from '../container/container-groups.js';
import { Freezer } from '../container/freezer.js';
import { writeGroupFile } from '../container/group-file.js';
import { PinnedProcess, SIGKILL } from '../container/pinned-process.js';
import { pollUntil } from '../container/poll.js';
import { errnoOf, RespondError, respondError, unlessGone } from '../error.js';

export interface KilledContainer {
  readonly how: 'cgroup.kill' | 'signals';
  /** Processes that were there when it began. */
  readonly processes: number;
}

const TIMEOUT_MS = 10_000;
const FREEZE_MS = 500;

/**
 * Ends every process of a container and of nobody else. Where the kernel can end a group by itself (5.14, version 2) it
 * does; where not, and for what is in the group of another tree only, signals are sent until no member is left.
 *
 * @throws RespondError RESPOND_GROUP_SHARED, RESPOND_KILL_TIMEOUT, RESPOND_DENIED
 */
export async function killContainer(
  groups: ContainerGroups,
  timeoutMs = TIMEOUT_MS,
): Promise<KilledContainer> {
  groups.mustBeOwn();
  const processes = groups.members().length;
  const how = killGroup(groups) ? 'cgroup.kill' : 'signals';
  const until = performance.now() + timeoutMs;
  const freezer = unlessGone(() => Freezer.of(groups));
  thaw(freezer); // what was frozen before could not die
  let isFirst = how === 'signals';
  while (groups.members().length > 0) {
    const left = until - performance.now();
    if (left <= 0) throw stuck(groups);
    // Frozen, nothing can be forked away from under the signals; where it cannot be, they are sent again and again.
    if (isFirst) await freezer?.freeze(Math.min(FREEZE_MS, left)).catch(() => undefined);
    isFirst = false;
    signalAll(groups);
    thaw(freezer);
    await pollUntil(() => groups.members().length === 0, Math.min(20, left));
  }
  return { how, processes };
}

function killGroup(groups: ContainerGroups): boolean {
  const { v2 } = groups;
  if (v2 === undefined) return false;
  try {
    writeGroupFile(`${v2.folder}/cgroup.kill`, '1');
    return true;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'EOPNOTSUPP') return false; // before 5.14, or removed
    throw respondError('the group cannot be ended', cause);
  }
}

function signalAll(groups: ContainerGroups): void {
  for (const pid of groups.members()) {
    const held = PinnedProcess.hold(pid, (each) => groups.has(each));
    try {
      held?.signal(SIGKILL);
    } finally {
      held?.release();
    }
  }
}

const thaw = (freezer: Freezer | undefined): void =>
  void unlessGone(() => {
    if (freezer?.isFrozen === true) freezer.thaw();
  });

const stuck = (groups: ContainerGroups): RespondError =>
  new RespondError(
    'RESPOND_KILL_TIMEOUT',
    `${groups.members().length} processes of \`${groups.id}\` were killed and have not ended yet`,
    { help: 'they wait in the kernel, for a disk or a network file system, and end when that answers' },
  );
