import type { Action } from './action.js';
import { type MetadataOrder, metadataObjection, removeTerm, setTerm } from './metadata-terms.js';

export interface AnnotateOrder extends MetadataOrder {
  readonly action: 'annotate';
}

export const annotate: Action<AnnotateOrder> = {
  name: 'annotate',
  summary: 'change annotations of the pod',
  about: `Sets and removes annotations of the container's pod through the API server. Undo puts those back that nobody else changed meanwhile.`,
  example: [
    'runward respond annotate prod/shop-5d9c7 --set "example.org/ticket=SEC-7"',
    'for those who look at it',
  ],
  terms: { set: setTerm('annotation'), remove: removeTerm('annotation') },
  least: ['set', 'remove'],
  objection: metadataObjection,
  patienceMs: () => 60_000,
  perform: async ({ set, remove }, subject, hands, doing) => {
    const [{ changeMetadata, wantedOf }, { podAtHand }] = await Promise.all([
      import('../kubernetes/metadata.js'),
      import('../kubernetes/pod-of.js'),
    ]);
    const { api, path } = podAtHand(subject, hands);
    return changeMetadata(api, { path, field: 'annotations', wanted: wantedOf(set, remove) }, doing);
  },
};
