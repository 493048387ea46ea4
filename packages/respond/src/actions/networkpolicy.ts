import type { Action } from './action.js';
import { allowTerm } from './isolate.js';

export interface NetworkpolicyOrder {
  readonly action: 'networkpolicy';
  readonly allow: readonly string[];
}

export const networkpolicy: Action<NetworkpolicyOrder> = {
  name: 'networkpolicy',
  summary: 'cut the pod off by a NetworkPolicy',
  about: `Creates a NetworkPolicy that lets nothing in or out of the container's pod but the networks that are allowed, and labels the pod so that
it is selected. Whether it is enforced is up to the cluster's network plug-in; \`isolate\` needs none. Undo removes both.`,
  example: [
    'runward respond networkpolicy prod/shop-5d9c7 --allow 192.0.2.7/32',
    'one host may still reach it',
  ],
  terms: { allow: allowTerm('Networks that stay reachable.') },
  patienceMs: () => 60_000,
  perform: async ({ allow }, subject, hands, doing) => {
    const [{ podAtHand, podOf }, { isolateByPolicy }] = await Promise.all([
      import('../kubernetes/pod-of.js'),
      import('../kubernetes/isolation-policy.js'),
    ]);
    const pod = podAtHand(subject, hands);
    return isolateByPolicy(pod, await podOf(pod), allow, doing);
  },
};
