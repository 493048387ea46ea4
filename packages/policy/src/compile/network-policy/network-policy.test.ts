import { inNetwork, parseAddress, parseNetwork } from '@runward/core';
import fc from 'fast-check';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { decide } from '../../decide/index.js';
import { testPolicy } from '../../testing/policies.js';
import { exportSubject } from '../export/index.js';
import { exportNetworkPolicy } from './network-policy.js';

type Spec = ConstructorParameters<typeof NetworkPolicy>[0];

function compiled(network: string, selector = '{ namespaces: [shop], podLabels: { app: web } }') {
  const subject = exportSubject([
    testPolicy(`selector: ${selector}\nnetwork:\n${network.replace(/^/gm, '  ')}`, 'web', { warnings: true }),
  ]);
  if (subject === undefined) throw new Error('no policy');
  const { text, diagnostics } = exportNetworkPolicy(subject);
  const object = text === undefined ? undefined : (parse(text) as Spec); // checked by the schema below
  if (object !== undefined) new NetworkPolicy(object).validate();
  return { text, object, diagnostics, effective: subject.effective };
}

test('a list of connections and listeners, with why each is there', () => {
  const { text } = compiled(`default: deny
allow:
  - { operation: listen, protocols: [tcp], ports: [8080], comment: serves }
  - { operation: listen, protocols: [tcp], cidrs: [127.0.0.1], ports: [9000], comment: asks itself }
  - { operation: connect, protocols: [tcp], cidrs: [10.0.0.0/8, 127.0.0.1], ports: [5432], comment: database }
deny:
  - { operation: connect, cidrs: [10.9.0.0/16], comment: vault }`);
  expect(text).toBe(`# Made by runward from web.
# It is about the whole pod; connections within the pod (loopback, unix sockets) pass no network and are not its
# business.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  podSelector:
    matchLabels:
      app: web
  policyTypes:
    - Ingress
    - Egress
  ingress:
    # serves (web, test.yaml:10)
    - ports:
        - protocol: TCP
          port: 8080
  egress:
    # database (web, test.yaml:12); but not: vault (web, test.yaml:14)
    - to:
        - ipBlock:
            cidr: 10.0.0.0/8
            except:
              - 10.9.0.0/16
      ports:
        - protocol: TCP
          port: 5432
`);
});

describe('what is restricted', () => {
  test('nothing listed is nothing allowed', () => {
    expect(compiled('default: deny').object?.spec).toMatchObject({
      policyTypes: ['Ingress', 'Egress'],
      ingress: [],
      egress: [],
    });
  });

  test('a single denial leaves the rest as it was', () => {
    const { object } = compiled('deny: [{ operation: connect, cidrs: [169.254.169.254] }]');
    expect(object?.spec).toMatchObject({
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.169.254/32'] } },
            { ipBlock: { cidr: '::/0' } },
          ],
        },
      ],
    });
  });

  test('a policy that restricts nothing beyond the pod makes none', () => {
    const { text, diagnostics } = compiled('deny: [{ operation: create, families: [packet] }]');
    expect(text).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: 'POLICY_EXPORT_NOTHING' }]);
  });
});

test.each([
  ['selector without pod labels', '{ namespaces: [shop] }', 'selects every pod of its namespace'],
  ['several namespaces', '{ namespaces: [a, b], podLabels: { x: y } }', 'is in one namespace'],
])('a %s is told', (_, selector, message) => {
  const { diagnostics } = compiled('default: deny', selector);
  expect(diagnostics).toMatchObject([
    { code: 'POLICY_EXPORT_SELECTOR', message: expect.stringContaining(message) },
  ]);
});

test('a name or label cannot become part of the text around it', () => {
  const evil = 'x\n  egress: [{}]\n# ';
  const { object } = compiled(
    `default: deny\nallow: [{ operation: listen, protocols: [tcp], ports: [1], comment: ${JSON.stringify(evil)} }]`,
  );
  expect(object?.spec?.egress).toEqual([]);
});

const cidr = fc.constantFrom(
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.2.3',
  '0.0.0.0/0',
  '::/0',
  'fd00::/8',
  '192.168.0.0/16',
);
const ports = fc.constantFrom('80', '443', '1-1024', '8000-9000', '0-65535');
const line = fc
  .record({
    protocols: fc.uniqueArray(fc.constantFrom('tcp', 'udp'), { maxLength: 2 }),
    cidrs: fc.uniqueArray(cidr, { maxLength: 2 }),
    ports: fc.uniqueArray(ports, { maxLength: 2 }),
  })
  .map((fields) => {
    const given = Object.entries(fields).filter(([, list]) => list.length > 0);
    return `{ operation: connect, ${given.map(([key, list]) => `${key}: [${list.map((each) => JSON.stringify(each)).join(', ')}]`).join(', ')} }`;
  });
const network = fc.record({
  verdict: fc.constantFrom('allow', 'deny'),
  allow: fc.array(line, { maxLength: 4 }),
  deny: fc.array(line, { maxLength: 3 }),
});
const target = fc.record({
  address: fc.constantFrom(
    '10.1.2.3',
    '10.1.9.9',
    '10.200.0.1',
    '192.168.1.1',
    '8.8.8.8',
    'fd00::1',
    '2001:db8::1',
  ),
  port: fc.constantFrom(1, 79, 80, 443, 1024, 1025, 8500, 65535),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const),
});

test('an egress rule lets through what the policy does and nothing else', () => {
  fc.assert(
    fc.property(
      network,
      fc.array(target, { minLength: 8, maxLength: 8 }),
      ({ verdict, allow, deny }, targets) => {
        const { object, effective } = compiled(
          `default: ${verdict}\nallow: [${allow.join(', ')}]\ndeny: [${deny.join(', ')}]\n`,
        );
        for (const { address, port, protocol } of targets) {
          const family = address.includes(':') ? ('ipv6' as const) : ('ipv4' as const);
          const action = {
            kind: 'network',
            operation: 'connect',
            family,
            protocol,
            address,
            port,
            by: '',
          } as const;
          // Making the socket comes first.
          const { operation: _, ...create } = action;
          const expected =
            decide(effective, action).enforced.verdict === 'allow' &&
            decide(effective, { ...create, operation: 'create' }).enforced.verdict === 'allow';
          expect(letsThrough(object, address, port, protocol.toUpperCase())).toBe(expected);
        }
      },
    ),
  );
});

/** By the documentation of the API: any rule whose peers and ports both fit. */
function letsThrough(object: Spec, address: string, port: number, protocol: string): boolean {
  if (object?.spec?.policyTypes?.includes('Egress') !== true) return true;
  return (object.spec.egress ?? []).some(
    (rule) =>
      (rule.to === undefined ||
        rule.to.some(({ ipBlock }) => ipBlock !== undefined && isIn(address, ipBlock))) &&
      (rule.ports === undefined ||
        rule.ports.some(
          (each) =>
            each.protocol === protocol &&
            Number(each.port) <= port &&
            port <= (each.endPort ?? Number(each.port)),
        )),
  );
}

function isIn(
  address: string,
  block: { readonly cidr: string; readonly except?: readonly string[] },
): boolean {
  const words = parseAddress(address) ?? [];
  const within = (text: string): boolean => {
    const found = parseNetwork(text);
    return found !== undefined && inNetwork(words, found);
  };
  return within(block.cidr) && !(block.except ?? []).some(within);
}
