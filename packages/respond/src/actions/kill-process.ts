import { ContainerGroups } from '../container/container-groups.js';
import type { UndoStep } from '../record/record.js';
import type { Action } from './action.js';
import { needed, time, whole } from './term.js';

export interface KillProcessOrder {
  readonly action: 'kill-process';
  readonly pid: number;
  /** Wall clock: a process that began later has only the same number. */
  readonly seenAtMs?: number;
}

export const killProcess: Action<KillProcessOrder> = {
  name: 'kill-process',
  summary: 'end a process of a container with all its descendants',
  about: `Ends one process and what descends from it in the container, by SIGKILL. The container is frozen for that moment, so
that nothing is forked away. A process that does not belong to the container is never touched.`,
  example: ['runward respond kill-process web --pid 4711', 'one process and its children'],
  terms: {
    pid: needed(
      whole({
        ...{ word: 'pid', in: 'command', value: 'PID', least: 2, most: 4_194_304, otherwise: undefined },
        doc: 'as `runward ps` shows it: the number the host has',
      }),
    ),
    seenAtMs: time({
      ...{
        word: 'seen',
        in: 'order',
        doc: '',
        least: 0,
        most: Number.MAX_SAFE_INTEGER,
        otherwise: undefined,
      },
    }),
  },
  perform: async (order, subject, _, doing) => {
    const { Freezer } = await import('../container/freezer.js');
    const effect = await import('../effects/kill-process.js');
    const groups = ContainerGroups.of(subject);
    const freezer = Freezer.of(groups);
    const thaw: UndoStep = { step: 'thaw' };
    const isOurs = freezer !== undefined && !freezer.isFrozen;
    if (isOurs) doing.undoable(thaw);
    const facts = await effect.killProcess(groups, order);
    if (isOurs) doing.settled(thaw);
    if (facts.pending) doing.note('the container is paused: the processes end when it goes on');
    if (facts.how === 'stopped')
      doing.note(
        'the container could not be frozen meanwhile: a process that was continued by another may have forked',
      );
    return { result: 'done', facts };
  },
};
