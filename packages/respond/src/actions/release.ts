import type { Action } from './action.js';

export const release: Action<{ readonly action: 'release' }> = {
  name: 'release',
  summary: 'let an isolated container talk again',
  about: 'The same as `runward release`, with a record.',
  example: ['runward respond release web', 'one container'],
  terms: {},
  perform: async (_, subject, hands, doing) => ({
    result: (await hands.release(subject.id, doing.by)) ? 'done' : 'already',
  }),
};
