import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { testPolicy } from '../../testing/policies.js';
import { exportSubject } from '../export/index.js';
import { exportCiliumPolicy } from './cilium.js';

function compiled(network: string, selector = '{ namespaces: [shop], podLabels: { app: web } }') {
  const subject = exportSubject([
    testPolicy(`selector: ${selector}\nnetwork:\n${network.replace(/^/gm, '  ')}`, 'web', { warnings: true }),
  ]);
  if (subject === undefined) throw new Error('no policy');
  const { text, diagnostics } = exportCiliumPolicy(subject);
  return {
    text,
    spec: text === undefined ? undefined : parse(text).spec,
    codes: diagnostics.map(({ code }) => code),
  };
}

test('each line is a rule with why it is there, and what denies is in the lists that deny', () => {
  const { text } = compiled(`egress: deny
allow:
  - { operation: connect, protocols: [tcp], cidrs: [10.0.0.0/8], ports: [443, 8000-8080], comment: shops }
deny:
  - { operation: connect, peers: [metadata], comment: credentials }`);
  expect(text).toBe(`# Made by runward from web.
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  endpointSelector:
    matchLabels:
      app: web
  enableDefaultDeny:
    ingress: false
    egress: true
  egress:
    # shops (web, test.yaml:10)
    - toCIDRSet:
        - cidr: 10.0.0.0/8
      toPorts:
        - ports:
            - port: "443"
              protocol: TCP
            - port: "8000"
              endPort: 8080
              protocol: TCP
  egressDeny:
    # credentials (web, test.yaml:12)
    - toCIDRSet:
        - cidr: 169.254.169.254/32
        - cidr: fd00:ec2::254/128
`);
});

test.each([
  [
    'workload: { podLabels: { app: db } }',
    [
      {
        matchLabels: { 'k8s:app': 'db' },
        matchExpressions: [{ key: 'k8s:io.kubernetes.pod.namespace', operator: 'Exists' }],
      },
    ],
  ],
  [
    'workload: { namespaces: [a], podLabels: { app: db } }',
    [{ matchLabels: { 'k8s:app': 'db', 'k8s:io.kubernetes.pod.namespace': 'a' } }],
  ],
])('pods are endpoints: %s', (peer, endpoints) => {
  const { spec, codes } = compiled(`ingress: deny\nallow: [{ operation: accept, peers: [{ ${peer} }] }]`);
  expect([spec.ingress, codes]).toEqual([[{ fromEndpoints: endpoints }], []]);
});

test('names, services, the node and the API server have words of their own', () => {
  const { spec, codes } = compiled(`egress: deny
allow:
  - { operation: connect, peers: [{ name: a.test }, { name: "*.b.test" }, { service: shop/api }, host, kubernetes-api] }`);
  expect(codes).toEqual([]);
  expect(spec.egress.slice(0, -1)).toEqual([
    { toFQDNs: [{ matchName: 'a.test' }] },
    { toFQDNs: [{ matchPattern: '**.b.test' }] },
    { toServices: [{ k8sService: { serviceName: 'api', namespace: 'shop' } }] },
    { toEntities: ['host'] },
    { toEntities: ['kube-apiserver'] },
  ]);
  expect(spec.egress.at(-1).toPorts[0].rules).toEqual({ dns: [{ matchPattern: '*' }] });
});

test('a direction in which nothing is allowed has one empty rule', () => {
  const { spec } = compiled('ingress: deny');
  expect([spec.ingress, spec.egress, spec.enableDefaultDeny]).toEqual([
    [{}],
    undefined,
    { ingress: true, egress: false },
  ]);
});

test.each([
  ['{ operation: connect, peers: [{ name: a.test }] }', 'deny', ['POLICY_EXPORT_WIDER']],
  ['{ operation: connect, peers: [self] }', 'allow', ['POLICY_EXPORT_NARROWER']],
  ['{ operation: connect, peers: [{ workload: { images: [x] } }] }', 'allow', ['POLICY_EXPORT_NARROWER']],
  ['{ operation: connect, from: [/bin/a] }', 'allow', ['POLICY_EXPORT_WIDER']],
  ['{ operation: connect, protocols: [icmp] }', 'allow', ['POLICY_EXPORT_NARROWER']],
])('what it cannot say is told: %s in %s', (line, list, codes) => {
  expect(compiled(`egress: deny\n${list}: [${line}]`).codes).toEqual(codes);
});

test('a selector without labels is told', () => {
  expect(compiled('egress: deny', '{ namespaces: [a, b] }').codes).toEqual([
    'POLICY_EXPORT_SELECTOR',
    'POLICY_EXPORT_SELECTOR',
  ]);
});
