import { describe, expect, it } from 'vitest';
import type { NetworkOperation } from '../model/policy.js';
import { testPolicy } from '../testing/policies.js';
import { decide } from './decide.js';
import { mergePolicies } from './merge.js';
import { nameFits } from './peers.js';
import { asksForPeers, resolvePeers } from './resolve-peers.js';

const effectiveOf = (network: string) =>
  mergePolicies([testPolicy(`network: ${network}`, 'web', { warnings: true })]);

const verdict = (
  network: string,
  operation: NetworkOperation,
  address: string,
  port = 80,
  remote: readonly string[] = [],
): string =>
  decide(effectiveOf(network), {
    ...{ kind: 'network', operation, family: address.includes(':') ? 'ipv6' : 'ipv4', protocol: 'tcp' },
    ...{ address, port, remote, by: '' },
  }).watched.verdict;

describe('a direction', () => {
  it.each<[string, NetworkOperation, string, string]>([
    ['{ egress: deny }', 'connect', '10.0.0.1', 'deny'],
    ['{ egress: deny }', 'connect', '127.0.0.1', 'allow'],
    ['{ egress: deny }', 'connect', '::1', 'allow'],
    ['{ egress: deny }', 'connect', '0.0.0.0', 'allow'],
    ['{ egress: deny }', 'connect', '::ffff:10.0.0.1', 'deny'],
    ['{ egress: deny }', 'connect', '2001:db8::1', 'deny'],
    ['{ egress: deny }', 'accept', '10.0.0.1', 'allow'],
    ['{ egress: deny }', 'bind', '10.0.0.1', 'allow'],
    ['{ ingress: deny }', 'accept', '10.0.0.1', 'deny'],
    ['{ ingress: deny }', 'accept', '127.0.0.1', 'allow'],
    ['{ ingress: deny }', 'connect', '10.0.0.1', 'allow'],
    ['{ default: deny }', 'accept', '10.0.0.1', 'allow'],
    ['{ default: deny }', 'connect', '10.0.0.1', 'deny'],
    ['{ ingress: deny, allow: [{ operation: accept, ports: [80] }] }', 'accept', '10.0.0.1', 'allow'],
    ['{ ingress: deny, allow: [{ operation: accept, ports: [81] }] }', 'accept', '10.0.0.1', 'deny'],
  ])('of %s: %s with %s is %s', (network, operation, address, expected) => {
    expect(verdict(network, operation, address)).toBe(expected);
  });
});

describe('a line', () => {
  const except =
    '{ egress: deny, allow: [{ operation: connect, cidrs: [10.0.0.0/8], except: [10.9.0.0/16, 10.1.2.3] }] }';
  it.each([
    ['10.0.0.1', 'allow'],
    ['10.8.255.255', 'allow'],
    ['10.9.0.0', 'deny'],
    ['10.9.255.255', 'deny'],
    ['10.10.0.0', 'allow'],
    ['10.1.2.3', 'deny'],
    ['10.1.2.4', 'allow'],
    ['11.0.0.0', 'deny'],
  ])('is not about what it excepts: %s is %s', (address, expected) => {
    expect(verdict(except, 'connect', address)).toBe(expected);
  });

  it('with exceptions alone is about everything else', () => {
    const network = '{ deny: [{ operation: connect, except: [10.0.0.0/8] }] }';
    expect(verdict(network, 'connect', '10.0.0.1')).toBe('allow');
    expect(verdict(network, 'connect', '11.0.0.1')).toBe('deny');
    expect(verdict(network, 'connect', 'fd00::1')).toBe('deny');
  });

  it('knows where the metadata service of clouds is', () => {
    const network = '{ deny: [{ operation: connect, peers: [metadata] }] }';
    expect(verdict(network, 'connect', '169.254.169.254')).toBe('deny');
    expect(verdict(network, 'connect', 'fd00:ec2::254')).toBe('deny');
    expect(verdict(network, 'connect', '169.254.169.253')).toBe('allow');
  });

  it('with peers that are nowhere is about nobody', () => {
    const network =
      '{ egress: deny, allow: [{ operation: connect, peers: [{ workload: { podLabels: { app: db } } }] }] }';
    expect(verdict(network, 'connect', '10.0.0.1')).toBe('deny');
    expect(verdict(network, 'connect', '10.0.0.1', 80, ['workload podLabels app=db'])).toBe('allow');
  });
});

describe('peers', () => {
  const text = `{ egress: deny, allow: [
    { operation: connect, peers: [{ workload: { podLabels: { app: db } } }], ports: [5432] },
    { operation: connect, peers: [host, self, kubernetes-api] }] }`;
  const book = {
    ...{ self: ['10.1.0.2'], host: ['10.1.0.1', 'fd00::1'], kubernetesApi: ['10.96.0.1'] },
    workload: () => ['10.1.0.3'],
  };

  it.each([
    ['10.1.0.3', 5432, 'allow'],
    ['10.1.0.3', 5433, 'deny'],
    ['10.1.0.1', 80, 'allow'],
    ['fd00::1', 80, 'allow'],
    ['10.1.0.2', 80, 'allow'],
    ['10.96.0.1', 443, 'allow'],
    ['10.1.0.4', 80, 'deny'],
  ])('are where the machine says: %s:%s is %s', (address, port, expected) => {
    const effective = resolvePeers(effectiveOf(text), book);
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    const action = {
      kind: 'network',
      operation: 'connect',
      family,
      protocol: 'tcp',
      address,
      port,
      by: '',
    } as const;
    expect(decide(effective, action).watched.verdict).toBe(expected);
  });

  it('that move make another policy, of which the lines are the same', () => {
    const effective = effectiveOf(text);
    const [one, two] = [
      resolvePeers(effective, book),
      resolvePeers(effective, { ...book, workload: () => [] }),
    ];
    expect(new Set([effective.id, one.id, two.id]).size).toBe(3);
    expect(resolvePeers(effective, book).id).toBe(one.id);
    expect(two.lines.map(({ id, span }) => [id, span.line])).toEqual(
      effective.lines.map(({ id, span }) => [id, span.line]),
    );
  });

  it('that every machine knows leave the policy as it is', () => {
    const effective = effectiveOf('{ deny: [{ operation: connect, peers: [metadata, { name: a.test }] }] }');
    expect(asksForPeers(effective)).toBe(false);
    expect(resolvePeers(effective, book)).toBe(effective);
  });
});

it.each([
  ['api.test', 'api.test', true],
  ['api.test', 'API.test.', true],
  ['api.test', 'x.api.test', false],
  ['*.api.test', 'api.test', false],
  ['*.api.test', 'x.api.test', true],
  ['*.api.test', 'x.y.api.test', true],
  ['*.api.test', 'xapi.test', false],
  ['*.api.test', '.api.test', false],
])('the name %s is fitted by %s: %s', (pattern, name, fits) => {
  expect(nameFits(pattern, name)).toBe(fits);
});

it.each([
  ['{ allow: [{ operation: bind, peers: [host] }] }', 'and `bind` has none'],
  ['{ allow: [{ operation: accept, from: [/bin/a] }] }', '`from` cannot be given for `accept`'],
  ['{ allow: [{ operation: connect, peers: [{ name: "a*.test" }] }] }', 'is not a name'],
  ['{ allow: [{ operation: connect, peers: [{ service: api }] }] }', 'is not a service'],
  ['{ allow: [{ operation: connect, peers: [everyone] }] }', 'is not known for'],
])('what makes no sense is an error: %s', (network, message) => {
  expect(() => effectiveOf(network)).toThrow(message);
});
