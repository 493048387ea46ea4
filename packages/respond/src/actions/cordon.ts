import { RespondError } from '../error.js';
import type { Action } from './action.js';

export const cordon: Action<{ readonly action: 'cordon' }> = {
  name: 'cordon',
  summary: 'have no more pods scheduled to the node of the container',
  about: `Marks the node that the container's pod runs on as unschedulable, through the API server; what runs there goes on. Undo lets pods be
scheduled there again.`,
  example: [
    'runward respond cordon prod/shop-5d9c7 --why "the node may be lost"',
    'and then look at the node',
  ],
  terms: {},
  patienceMs: () => 60_000,
  perform: async (_, subject, hands, doing) => {
    const [{ podAtHand, podOf }, { nodePath }, { changeSpec }] = await Promise.all([
      import('../kubernetes/pod-of.js'),
      import('../kubernetes/paths.js'),
      import('../kubernetes/spec.js'),
    ]);
    const pod = podAtHand(subject, hands);
    const node = (await podOf(pod)).spec?.nodeName;
    if (typeof node !== 'string' || node === '')
      throw new RespondError('RESPOND_REFUSED', `the pod at ${pod.path} is on no node`, {
        help: 'is it the right cluster?',
      });
    return changeSpec(pod.api, { path: nodePath(node), field: 'unschedulable', after: true }, doing);
  },
};
