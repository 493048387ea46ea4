import type { Action } from './action.js';
import { type MetadataOrder, metadataObjection, removeTerm, setTerm } from './metadata-terms.js';

export interface LabelOrder extends MetadataOrder {
  readonly action: 'label';
}

export const label: Action<LabelOrder> = {
  name: 'label',
  summary: 'change labels of the pod',
  about: `Sets and removes labels of the container's pod through the API server. Undo puts those back that nobody else changed meanwhile. A pod
without the labels that its Service and controller select is in no traffic, and another takes its place.`,
  example: ['runward respond label prod/shop-5d9c7 --set quarantine=yes --remove app', 'out of its Service'],
  terms: { set: setTerm('label'), remove: removeTerm('label') },
  least: ['set', 'remove'],
  objection: metadataObjection,
  patienceMs: () => 60_000,
  perform: async ({ set, remove }, subject, hands, doing) => {
    const [{ changeMetadata, wantedOf }, { podAtHand }] = await Promise.all([
      import('../kubernetes/metadata.js'),
      import('../kubernetes/pod-of.js'),
    ]);
    const { api, path } = podAtHand(subject, hands);
    return changeMetadata(api, { path, field: 'labels', wanted: wantedOf(set, remove) }, doing);
  },
};
