import { readPolicies } from '@runward/policy';
import { describe, expect, test } from 'vitest';
import { clusterMap } from './cluster-map.js';
import { propose, type Wish } from './propose.js';
import type { RecordedFlow } from './recorded-flow.js';
import { simulate } from './simulate.js';
import { containerAt, outside, recordedFlow } from './testing/sample-flow.js';

const wish = (change: Partial<Wish> = {}): Wish => ({
  decision: 'deny',
  end: 'client',
  mode: 'protect',
  ...change,
});

/** The proposal, and what it makes of what it is about. */
function proposed(change: Partial<Wish>, ...flows: readonly RecordedFlow[]) {
  const { edges } = clusterMap(flows);
  const [edge] = edges;
  if (edge === undefined) throw new Error('there is no edge');
  const proposal = propose(edge, wish(change));
  const { policies, diagnostics } = readPolicies([{ name: 'p.yaml', text: proposal.text }]);
  expect(diagnostics).toEqual([]);
  expect(policies.map(({ name }) => name)).toEqual([proposal.name]);
  return { ...proposal, after: simulate(edges, () => policies).ends.map(({ after }) => after) };
}

const web = containerAt('web', '10.0.0.1', 'shop');
const db = containerAt('db', '10.0.0.2', 'shop');

describe('a proposal', () => {
  test('denies an edge between workloads at the client, whoever of them it is, and nothing else', () => {
    const found = proposed({}, recordedFlow());
    expect(found.line).toBe(
      '{ operation: connect, peers: [{ workload: { namespaces: ["shop"], podLabels: { "app": "db" } } }], protocols: [tcp], ports: [5432] }',
    );
    expect(found.name).toBe('network-deny-shop-web-to-shop-db-5432-client');
    expect(found.text).toContain(
      'namespaces: ["shop"]\n    podLabels: { "app": "web" }\n    containerNames: ["web"]\n',
    );
    expect(found.after).toEqual(['denied']);
    expect(found.notes).toEqual([]);
  });

  test.each<[string, Partial<Wish>, RecordedFlow, string, readonly string[]]>([
    ['in monitor', { mode: 'monitor' }, recordedFlow(), 'mode: monitor', ['would-deny']],
    [
      'at the server',
      { end: 'server' },
      recordedFlow({ role: 'server', self: db, peer: web }),
      'operation: accept',
      ['denied'],
    ],
    [
      'by a name',
      {},
      recordedFlow({ peer: outside('192.0.2.7', 'api.example.com') }),
      '{ name: "api.example.com" }',
      ['denied'],
    ],
    [
      'by an address',
      {},
      recordedFlow({ peer: outside('2001:db8::7') }),
      'cidrs: ["2001:db8::7"]',
      ['denied'],
    ],
    [
      'of the host',
      {},
      recordedFlow({ peer: { ...outside('192.0.2.1'), kind: 'host', name: 'host' } }),
      'peers: [host]',
      ['denied'],
    ],
    ['without a port', {}, recordedFlow({ protocol: 'icmpv6', port: 0 }), 'protocols: [icmp] }', ['denied']],
    [
      'outside Kubernetes',
      {},
      recordedFlow({ self: containerAt('a[b', '10.0.0.1') }),
      'containerNames: ["a\\\\[b"]',
      ['denied'],
    ],
  ])('says it %s', (_, change, flow, text, after) => {
    const found = proposed(change, flow);
    expect(found.text).toContain(text);
    expect(found.after).toEqual(after);
  });

  test('that allows says when that has an effect', () => {
    const found = proposed({ decision: 'allow', mode: 'monitor' }, recordedFlow());
    expect(found.text).toContain('    allow:\n');
    expect(found.notes).toHaveLength(2);
  });

  test('says that addresses move, and that there were more', () => {
    const peer = { ...outside('192.0.2.7'), more: 2 };
    expect(proposed({}, recordedFlow({ peer })).notes).toHaveLength(2);
  });

  test('is hostile to nobody: names that nodes tell stay names', () => {
    const self = containerAt('x"], evil: ["\n', '10.0.0.1', 'sh"op');
    expect(proposed({}, recordedFlow({ self, peer: outside('192.0.2.7', 'a"b\n.example') })).after).toEqual([
      'denied',
    ]);
  });

  test.each<[string, Partial<Wish>, RecordedFlow, RegExp]>([
    [
      'an end that is no container',
      { end: 'server' },
      recordedFlow({ peer: outside('192.0.2.7') }),
      /the server is no container/,
    ],
    [
      'what had no room',
      {},
      recordedFlow({ peer: { ...outside(''), kind: 'others', addresses: [] } }),
      /who was at the other end/,
    ],
    [
      'an end without an address',
      {},
      recordedFlow({ peer: { ...outside(''), addresses: [] } }),
      /no address/,
    ],
  ])('is refused for %s', (_, change, flow, message) => {
    const [edge] = clusterMap([flow]).edges;
    expect(() => edge && propose(edge, wish(change))).toThrow(message);
  });
});
