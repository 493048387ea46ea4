import { RespondError } from '../error.js';
import type { Action } from './action.js';

export const capture: Action<{ readonly action: 'capture' }> = {
  name: 'capture',
  summary: 'keep what is seen of a container from outside, before anything is done to it',
  about: `The same as \`runward capture\`, as a recorded response and in playbooks: processes, open files, sockets, executables, changes and the
flight recorder, in a folder of its own. Nothing in the container runs or is changed. Write it before the action that ends it.`,
  example: ['runward respond capture web', 'and then stop it'],
  terms: {},
  patienceMs: () => 630_000,
  perform: async (_, subject, hands, doing) => {
    const captured = await hands.capture(subject.id, doing.why, doing.by);
    if (captured === 'nobody')
      throw new RespondError('RESPOND_NOT_SET_UP', 'this agent takes no captures: it has no control socket', {
        help: 'start it without `--no-socket`',
      });
    if (captured === 'gone')
      throw new RespondError('RESPOND_VANISHED', `\`${subject.name || subject.id}\` does not run any more`, {
        help: 'write `capture` before what ends it',
      });
    const { folder, problems, ...facts } = captured;
    for (const problem of problems) doing.note(problem);
    return { result: 'done', facts: { folder, ...facts } };
  },
};
