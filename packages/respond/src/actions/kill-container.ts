import { ContainerGroups } from '../container/container-groups.js';
import type { Action } from './action.js';

export const killContainer: Action<{ readonly action: 'kill-container' }> = {
  name: 'kill-container',
  summary: 'end every process of a container at once',
  about: `Ends all processes of the container through its cgroup. Its runtime sees it end as if it had crashed, and starts it again
if it was told to: the answer says so. \`stop\` keeps it down.`,
  example: ['runward respond kill-container prod/shop-5d9c7', 'every container of a pod'],
  terms: {},
  perform: async (_, subject, hands, doing) => {
    const { restartsOf } = await import('../effects/restarts.js');
    const effect = await import('../effects/kill-container.js');
    const restarts = restartsOf(subject, hands.engines);
    const facts = await effect.killContainer(ContainerGroups.of(subject));
    const { engine, problem } = await restarts;
    if (engine !== undefined)
      doing.note(
        `${subject.runtime} starts it again (restart policy \`${engine.policy.Name}\`); \`stop\` keeps it from that`,
      );
    if (problem !== undefined) doing.note(problem);
    return { result: 'done', facts };
  },
};
