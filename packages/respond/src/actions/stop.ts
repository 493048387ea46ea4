import { ContainerGroups } from '../container/container-groups.js';
import type { Action } from './action.js';
import { time } from './term.js';

export interface StopOrder {
  readonly action: 'stop';
  readonly graceMs: number;
}

const GRACE_MS = 10_000;
const PATIENCE_MS = 30_000;

export const stop: Action<StopOrder> = {
  name: 'stop',
  summary: 'ask a container to end, then end it, and keep it down',
  about: `Sends SIGTERM to the container's first process, and after the grace ends what is left. Docker is told first not to start it
again; where a runtime cannot be told, the answer says so.`,
  example: ['runward respond stop web --grace 30s', 'with time to finish'],
  terms: {
    graceMs: time({
      ...{ word: 'grace', doc: 'How long it may take to end by itself. Default 10s.' },
      ...{ least: 0, most: 300_000, otherwise: GRACE_MS },
    }),
  },
  patienceMs: ({ graceMs }) => PATIENCE_MS + graceMs,
  perform: async ({ graceMs }, subject, hands, doing) => {
    const [{ keepDown }, { stopContainer }] = await Promise.all([
      import('../effects/keep-down.js'),
      import('../effects/stop.js'),
    ]);
    const groups = ContainerGroups.of(subject);
    groups.mustBeOwn();
    await keepDown(subject, hands, doing);
    return { result: 'done', facts: await stopContainer(groups, graceMs) };
  },
};
