import { ContainerGroups } from '../container/container-groups.js';
import type { Action } from './action.js';

export const pause: Action<{ readonly action: 'pause' }> = {
  name: 'pause',
  summary: 'freeze a container; what it has in memory stays',
  about: 'Freezes all processes of the container where they stand. Undo, or `unpause`, lets them go on.',
  example: ['runward respond pause web --why "somebody is inside"', 'nothing in it runs any more'],
  terms: {},
  perform: async (_, subject, __, doing) => {
    const effect = await import('../effects/pause.js');
    return { result: (await effect.pause(ContainerGroups.of(subject), doing)) ? 'done' : 'already' };
  },
};
