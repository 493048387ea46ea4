import { isIP } from 'node:net';
import type { Doing, Outcome } from '../actions/action.js';
import { invalidOrder, RespondError } from '../error.js';
import type { KubernetesApi, KubernetesObject } from './kubernetes-api.js';
import { changeMetadata } from './metadata.js';
import { networkPoliciesPath } from './paths.js';
import type { PodAtHand } from './pod-of.js';

const LABEL = 'runward.dev/isolated';

/** A NetworkPolicy for one pod, by a label that only it has. */
export async function isolateByPolicy(
  { api, namespace, path }: PodAtHand,
  { metadata }: KubernetesObject,
  allow: readonly string[],
  doing: Doing,
): Promise<Outcome> {
  const peers = allow.map((text) => ({ ipBlock: { cidr: cidrOf(text) } }));
  const name = `runward-isolated-${metadata.uid.toLowerCase().replace(/[^a-z0-9-]/g, '')}`;
  const folder = networkPoliciesPath(namespace);
  const made = await api.create(folder, policyOf(name, metadata.uid, peers));
  // Until the pod has the label it selects nothing, so that a crash before this line cuts nobody off.
  const policy = made === 'exists' ? await mustBeTheSame(api, `${folder}/${name}`, peers) : made;
  const step = {
    step: 'kubernetes',
    undo: { what: 'created', path: `${folder}/${name}`, uid: policy.metadata.uid },
  } as const;
  doing.undoable(step);
  const wanted = new Map([[LABEL, metadata.uid]]);
  const labelled = await changeMetadata(api, { path, field: 'labels', wanted }, doing);
  const isNew = made !== 'exists' || labelled.result === 'done';
  if (!isNew) doing.settled(step);
  doing.note('whether it is enforced is up to the network plug-in of the cluster');
  return { result: isNew ? 'done' : 'already', facts: { policy: name, namespace, allow } };
}

type Peers = readonly { readonly ipBlock: { readonly cidr: string } }[];

const specOf = (uid: string, peers: Peers): object => ({
  podSelector: { matchLabels: { [LABEL]: uid } },
  policyTypes: ['Ingress', 'Egress'],
  // Without a rule nothing is allowed; a rule without peers would allow all.
  ...(peers.length === 0 ? {} : { ingress: [{ from: peers }], egress: [{ to: peers }] }),
});

const policyOf = (name: string, uid: string, peers: Peers): object => ({
  ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'runward' } },
  spec: specOf(uid, peers),
});

/** One of that name that is there: of a response in force, or of one that a crash came in between. */
async function mustBeTheSame(api: KubernetesApi, path: string, peers: Peers): Promise<KubernetesObject> {
  const found = await api.get(path);
  const ingress = found?.spec?.ingress;
  const [rule] = Array.isArray(ingress) ? (ingress as readonly { readonly from?: Peers }[]) : []; // as the API has it
  const networks = (list: Peers): string =>
    list
      .map(({ ipBlock }) => ipBlock.cidr)
      .toSorted()
      .join();
  if (found !== undefined && networks(rule?.from ?? []) === networks(peers)) return found;
  throw new RespondError('RESPOND_BUSY', `there is a NetworkPolicy at ${path} with other networks already`, {
    help: 'undo the response that made it, and ask again',
  });
}

function cidrOf(text: string): string {
  const [address = '', length, more] = text.split('/');
  const bits = { 4: 32, 6: 128 }[isIP(address)];
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : undefined;
  if (bits === undefined || prefix === undefined || prefix > bits || more !== undefined)
    throw invalidOrder(
      `\`${text}\` is no network`,
      'write an address or a network: `192.0.2.7`, `10.0.0.0/8`',
    );
  return `${address}/${prefix}`;
}
