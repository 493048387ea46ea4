import type { Action } from './action.js';
import { needed, whole } from './term.js';

export interface ScaleOrder {
  readonly action: 'scale';
  readonly replicas: number;
}

export const scale: Action<ScaleOrder> = {
  name: 'scale',
  summary: 'change how many pods the workload has',
  about: `Sets the replicas of the Deployment, StatefulSet or ReplicaSet that the container's pod belongs to, through the API server; 0 ends all
of them. Undo gives it the number it had, if nobody else changed that meanwhile.`,
  example: ['runward respond scale prod/shop-5d9c7 --replicas 0', 'the whole workload ends'],
  terms: {
    replicas: needed(
      whole({ word: 'replicas', least: 0, most: 10_000, otherwise: undefined, doc: 'How many.' }),
    ),
  },
  patienceMs: () => 60_000,
  perform: async ({ replicas }, subject, hands, doing) => {
    const [{ podAtHand }, { scalablePath }, { changeSpec }] = await Promise.all([
      import('../kubernetes/pod-of.js'),
      import('../kubernetes/workload.js'),
      import('../kubernetes/spec.js'),
    ]);
    const pod = podAtHand(subject, hands);
    const path = `${await scalablePath(pod)}/scale`;
    return changeSpec(pod.api, { path, field: 'replicas', after: replicas }, doing);
  },
};
