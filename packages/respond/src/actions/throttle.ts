import { ContainerGroups } from '../container/container-groups.js';
import type { Action } from './action.js';
import { fraction, whole } from './term.js';

export interface ThrottleOrder {
  readonly action: 'throttle';
  readonly cpus?: number;
  readonly pids?: number;
}

export const throttle: Action<ThrottleOrder> = {
  name: 'throttle',
  summary: 'limit what a container may use of processors and processes',
  about: 'Sets limits of its cgroup; the previous ones are remembered, and undo puts them back.',
  example: ['runward respond throttle web --cpus 0.1 --pids 50', 'a miner that is to be watched'],
  terms: {
    cpus: fraction({
      ...{ word: 'cpus', least: 0.01, most: 4096, doc: 'Of one processor: 0.1 is a tenth.' },
      what: 'a number of processors such as `0.5`',
    }),
    pids: whole({
      ...{ word: 'pids', least: 1, most: 4_194_304, otherwise: undefined },
      doc: 'How many processes and threads; those it has stay.',
    }),
  },
  least: ['cpus', 'pids'],
  objection: ({ cpus, pids }) =>
    cpus === undefined && pids === undefined
      ? { message: '`throttle` has no limit', help: 'give `cpus`, `pids` or both' }
      : undefined,
  perform: async (order, subject, _, doing) => {
    const effect = await import('../effects/throttle.js');
    const changes = effect.throttle(ContainerGroups.of(subject), order, (planned) =>
      doing.undoable({ step: 'limits', changes: planned }),
    );
    const isSo = changes.every(({ before, after }) => before === after);
    return { result: isSo ? 'already' : 'done', facts: { changes } };
  },
};
