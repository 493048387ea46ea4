import type { ContainerGroups } from '../container/container-groups.js';
import { Freezer } from '../container/freezer.js';
import { PinnedProcess, SIGKILL, SIGSTOP } from '../container/pinned-process.js';
import { pollUntil } from '../container/poll.js';
import { startedAtMs, statOf } from '../container/processes.js';
import { RespondError, unlessGone } from '../error.js';

export interface KillProcessOrder {
  /** In the pid namespace of the agent. */
  readonly pid: number;
  /** Wall clock: it was seen then. A process that began later has only the same number. */
  readonly seenAtMs?: number | undefined;
}

export interface KilledProcess {
  /** The process itself first. */
  readonly pids: readonly number[];
  /** frozen: nothing could be forked meanwhile; stopped: each was stopped before its children were looked for. */
  readonly how: 'frozen' | 'stopped';
  /** They are frozen by somebody else and end when that is over. */
  readonly pending: boolean;
}

const FREEZE_MS = 500;
const TIMEOUT_MS = 5_000;
/** Start times are as exact as a tick, clocks drift between two looks. */
const SLACK_MS = 50;
const MOST_ROUNDS = 64;

/**
 * Ends a process of a container and all that descends from it there. The container is frozen meanwhile, so that
 * nothing is forked between looking and killing; where it cannot be frozen, each process is stopped before its children
 * are looked for.
 *
 * @throws RespondError RESPOND_VANISHED, RESPOND_NOT_IN_CONTAINER, RESPOND_GROUP_SHARED, RESPOND_KILL_TIMEOUT
 */
export async function killProcess(
  groups: ContainerGroups,
  { pid, seenAtMs }: KillProcessOrder,
  timeoutMs = TIMEOUT_MS,
): Promise<KilledProcess> {
  const root = holdMeant(groups, { pid, seenAtMs });
  const freezer = Freezer.of(groups);
  const held = new Map<number, PinnedProcess>([[pid, root]]);
  try {
    const was = freezer?.isFrozen ?? false;
    const isFrozen = freezer !== undefined && (await freezes(groups, freezer));
    try {
      gather(groups, held, !isFrozen);
      for (const each of held.values()) each.signal(SIGKILL);
    } finally {
      // With its last process the group may be gone.
      if (isFrozen && !was) unlessGone(() => freezer.thaw());
    }
    const pids = [...held.keys()];
    if (was && freezer?.holdsTheDying === true) return { pids, how: 'frozen', pending: true };
    if (!(await pollUntil(() => [...held.values()].every(({ isOver }) => isOver), timeoutMs)))
      throw new RespondError('RESPOND_KILL_TIMEOUT', `process ${pid} was killed and has not ended yet`, {
        help: 'it waits in the kernel, for a disk or a network file system, and ends when that answers',
      });
    return { pids, how: isFrozen ? 'frozen' : 'stopped', pending: false };
  } finally {
    for (const each of held.values()) each.release();
  }
}

/** @throws RespondError RESPOND_VANISHED, RESPOND_NOT_IN_CONTAINER, RESPOND_DENIED */
export function holdMeant(groups: ContainerGroups, { pid, seenAtMs }: KillProcessOrder): PinnedProcess {
  let problem: RespondError | undefined;
  const held = PinnedProcess.hold(pid, () => {
    if (!groups.has(pid) || pid === process.pid)
      problem = new RespondError(
        'RESPOND_NOT_IN_CONTAINER',
        `process ${pid} does not belong to the container \`${groups.id}\``,
        { help: '`runward ps` lists the processes of containers' },
      );
    return problem === undefined && !beganAfter(pid, seenAtMs);
  });
  if (held !== undefined) return held;
  throw problem ?? new RespondError('RESPOND_VANISHED', `process ${pid} has ended`, { help: '' });
}

function beganAfter(pid: number, seenAtMs: number | undefined): boolean {
  if (seenAtMs === undefined) return false;
  const stat = statOf(pid);
  return stat === undefined || startedAtMs(stat) > seenAtMs + SLACK_MS;
}

/** A group with processes of the host in it is not frozen: the agent might be one of them. */
async function freezes(groups: ContainerGroups, freezer: Freezer): Promise<boolean> {
  try {
    groups.mustBeOwn();
    await freezer.freeze(FREEZE_MS);
    return true;
  } catch {
    return false;
  }
}

/** Adds descendants until a look finds no new one. */
function gather(groups: ContainerGroups, held: Map<number, PinnedProcess>, stopFirst: boolean): void {
  if (stopFirst) for (const each of held.values()) each.signal(SIGSTOP);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const fresh = childrenOf(groups, held).flatMap((pid) => {
      const child = PinnedProcess.hold(pid, (each) => groups.has(each) && held.has(statOf(each)?.ppid ?? 0));
      return child === undefined ? [] : [child];
    });
    if (fresh.length === 0) return;
    for (const child of fresh) {
      if (stopFirst) child.signal(SIGSTOP);
      held.set(child.pid, child);
    }
  }
}

const childrenOf = (groups: ContainerGroups, held: ReadonlyMap<number, unknown>): readonly number[] =>
  groups.members().filter((pid) => pid !== process.pid && !held.has(pid) && held.has(statOf(pid)?.ppid ?? 0));
