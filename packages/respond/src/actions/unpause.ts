import { ContainerGroups } from '../container/container-groups.js';
import type { Action } from './action.js';

export const unpause: Action<{ readonly action: 'unpause' }> = {
  name: 'unpause',
  summary: 'let a paused container go on',
  about: 'Thaws the container, whoever froze it.',
  example: ['runward respond unpause web', 'it goes on where it was'],
  terms: {},
  perform: async (_, subject) => {
    const { Freezer } = await import('../container/freezer.js');
    const freezer = Freezer.mustBe(ContainerGroups.of(subject));
    if (!freezer.isFrozen) return { result: 'already' };
    freezer.thaw();
    return { result: 'done' };
  },
};
