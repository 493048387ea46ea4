import type { Action } from './action.js';
import { whole } from './term.js';

export interface DeletePodOrder {
  readonly action: 'delete-pod';
  readonly graceSeconds?: number;
}

export const deletePod: Action<DeletePodOrder> = {
  name: 'delete-pod',
  summary: 'delete the pod; its controller starts another',
  about: `Deletes the container's pod through the API server: tokens bound to it end with it. What controls it starts another one, from the
same image: the answer says so. There is no undo.`,
  example: ['runward respond delete-pod prod/shop-5d9c7', 'with the grace the pod asks for'],
  terms: {
    graceSeconds: whole({
      ...{ word: 'graceSeconds', least: 0, most: 3600, otherwise: undefined },
      doc: 'Seconds it may take to end by itself. Default: as the pod says.',
    }),
  },
  patienceMs: () => 60_000,
  perform: async ({ graceSeconds }, subject, hands, doing) => {
    const { podAtHand } = await import('../kubernetes/pod-of.js');
    const { api, path } = podAtHand(subject, hands);
    const pod = await api.get(path);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return { result: 'already' };
    const { uid, ownerReferences = [] } = pod.metadata;
    const owner = ownerReferences.find(({ controller }) => controller === true);
    const isDone = await api.delete(path, uid, graceSeconds);
    if (owner !== undefined) doing.note(`${owner.kind} \`${owner.name}\` starts another one`);
    return { result: isDone ? 'done' : 'already', facts: { path, uid } };
  },
};
