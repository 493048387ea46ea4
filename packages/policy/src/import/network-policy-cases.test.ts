import { describe, expect, it } from 'vitest';
import { decide } from '../decide/decide.js';
import { mergePolicies } from '../decide/merge.js';
import { type PeerBook, resolvePeers } from '../decide/resolve-peers.js';
import { selectPolicies, selects } from '../decide/select.js';
import type { RuntimePolicy, Workload, WorkloadPeer } from '../model/policy.js';
import {
  NETWORK_POLICY_CASES,
  objectsOf,
  POD_ADDRESSES,
  POD_NAMES,
  PODS,
  type PodName,
  PROBES,
  type Probe,
} from '../testing/network-policy-cases.js';
import { testPolicies, testWorkload } from '../testing/policies.js';
import { importNetworkPolicies } from './index.js';

const workloadOf = (name: PodName): Workload =>
  testWorkload({
    name,
    pod: { namespace: PODS[name].namespace, labels: new Map(Object.entries(PODS[name].labels)) },
  });

const bookOf = (name: PodName): PeerBook => ({
  ...{ self: [POD_ADDRESSES[name]], host: ['10.77.0.1'], kubernetesApi: [] },
  workload: (peer: WorkloadPeer) =>
    POD_NAMES.filter((each) =>
      selects(
        {
          ...{ ...peer, digests: [], runtimes: [], containerLabels: new Map() },
          podLabels: new Map(Object.entries(peer.podLabels)),
        },
        workloadOf(each),
      ),
    ).map((each) => POD_ADDRESSES[each]),
});

function allows(
  policies: readonly RuntimePolicy[],
  name: PodName,
  operation: 'connect' | 'accept',
  peer: PodName,
  port: number,
  protocol: 'tcp' | 'udp',
): boolean {
  const effective = resolvePeers(mergePolicies(selectPolicies(policies, workloadOf(name))), bookOf(name));
  const action = {
    kind: 'network',
    operation,
    family: 'ipv4',
    protocol,
    address: POD_ADDRESSES[peer],
    port,
    by: '',
  } as const;
  return decide(effective, action).enforced.verdict === 'allow';
}

function passes(policies: readonly RuntimePolicy[], probe: Probe): boolean {
  const [, from, to, port, protocol] = /^(\w+)>(\w+):(\d+)\/(\w+)$/.exec(probe) ?? [];
  const [client, server] = [from as PodName, to as PodName]; // a probe is made of names of pods
  const kind = protocol === 'udp' ? 'udp' : 'tcp';
  return (
    allows(policies, client, 'connect', server, Number(port), kind) &&
    allows(policies, server, 'accept', client, Number(port), kind)
  );
}

describe('NetworkPolicies that are taken', () => {
  it.each(NETWORK_POLICY_CASES.map((each) => [each.name, each] as const))('%s', (_, each) => {
    const { text, diagnostics } = importNetworkPolicies(
      [{ name: 'c.yaml', text: objectsOf(each) }],
      'protect',
    );
    expect(diagnostics).toEqual([]);
    const policies = testPolicies(text, { warnings: true });
    expect(PROBES.filter((probe) => passes(policies, probe))).toEqual(
      PROBES.filter((probe) => each.passes.includes(probe)),
    );
  });
});

const policy = (spec: string): string =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: p, namespace: shop }\nspec: ${spec}`;

describe('what cannot be taken', () => {
  it.each([
    [
      '{ podSelector: { matchExpressions: [{ key: a, operator: Exists }] } }',
      'the operator `Exists` over the labels of pods cannot be taken',
    ],
    [
      '{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { a: b } } }] }] }',
      'which namespaces have these labels is not known',
    ],
    [
      '{ podSelector: {}, ingress: [{ ports: [{ port: http }] }] }',
      'no pod that is given has a port `http` of TCP',
    ],
    [
      '{ podSelector: {}, ingress: [{ from: { podSelector: {} } }] }',
      '`spec.ingress[0].from` must be a list',
    ],
    ['{ podSelector: {}, ingress: [{ from: [{}] }] }', 'the peer names nobody'],
    ['{ podSelector: {}, ingress: [{ form: [] }] }', '`form` is not known'],
    ['{ podSelector: {}, ingress: {} }', '`spec.ingress` must be a list'],
    [
      '{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/33 } }] }] }',
      '`10.0.0.0/33` is not a network',
    ],
    [
      '{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/8 }, podSelector: {} }] }] }',
      '`ipBlock` cannot stand beside selectors',
    ],
    ['{ podSelector: {}, ingress: [{ ports: [{ port: 90, endPort: 80 }] }] }', 'are no range'],
    [
      '{ podSelector: {}, ingress: [{ ports: [{ port: 90, protocol: ICMP }] }] }',
      '`ICMP` is no protocol of ports',
    ],
    ['{ podSelector: {}, policyTypes: [ingress] }', '`ingress` is no type of policy'],
    ['{ ingress: [] }', '`podSelector` is missing'],
  ])('is told, and nothing is taken: %s', (spec, message) => {
    const { text, diagnostics } = importNetworkPolicies([{ name: 'p.yaml', text: policy(spec) }], 'monitor');
    expect(text).toBe('');
    expect(diagnostics.map((each) => each.message)).toContainEqual(expect.stringContaining(message));
  });

  it('is a file without any', () => {
    const { diagnostics } = importNetworkPolicies([{ name: 'p.yaml', text: 'kind: Pod' }], 'monitor');
    expect(diagnostics[0]?.message).toBe('there is no NetworkPolicy in it');
  });
});
