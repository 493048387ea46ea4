import { readPolicies } from '@runward/policy';
import { describe, expect, test } from 'vitest';
import { clusterMap } from './cluster-map.js';
import type { RecordedFlow } from './recorded-flow.js';
import { simulate } from './simulate.js';
import { containerAt, outside, recordedFlow } from './testing/sample-flow.js';

const policy = (
  network: string,
  selector = '{ namespaces: [shop], containerNames: [web] }',
) => `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: test }
spec:
  selector: ${selector}
  network:
${network
  .split('\n')
  .map((row) => `    ${row}`)
  .join('\n')}
`;

function simulated(text: string, ...flows: readonly RecordedFlow[]) {
  const { policies, diagnostics } = readPolicies([{ name: 'p.yaml', text }]);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return simulate(clusterMap(flows).edges, () => policies);
}

const toDb = recordedFlow({}, { connections: 7 });
const api = recordedFlow({ peer: outside('192.0.2.7', 'api.example.com'), port: 443 }, { connections: 2 });

describe('recorded flows under other policies', () => {
  test.each([
    [
      'a line by workload',
      'mode: protect\ndeny: [{ operation: connect, peers: [{ workload: { namespaces: [shop], podLabels: { app: db } } }] }]',
      ['denied', 'allowed'],
    ],
    [
      'the same in monitor',
      'deny: [{ operation: connect, peers: [{ workload: { podLabels: { app: db } } }] }]',
      ['would-deny', 'allowed'],
    ],
    [
      'a line by address',
      'mode: protect\ndeny: [{ operation: connect, cidrs: [10.0.0.0/8] }]',
      ['denied', 'allowed'],
    ],
    [
      'a line by name',
      'mode: protect\ndeny: [{ operation: connect, peers: [{ name: "*.example.com" }] }]',
      ['allowed', 'denied'],
    ],
    ['a line by port', 'mode: protect\ndeny: [{ operation: connect, ports: [443] }]', ['allowed', 'denied']],
    [
      'a direction',
      'mode: protect\negress: deny\nallow: [{ operation: connect, ports: [5432] }]',
      ['allowed', 'denied'],
    ],
    [
      'a default, which is about sockets too',
      'mode: protect\ndefault: deny\nallow: [{ operation: connect, protocols: [tcp], ports: [443] }]',
      ['denied', 'allowed'],
    ],
    [
      'another protocol',
      'mode: protect\ndeny: [{ operation: connect, protocols: [udp] }]',
      ['allowed', 'allowed'],
    ],
    ['the other direction', 'mode: protect\ningress: deny', ['allowed', 'allowed']],
    ['a section that only learns', 'mode: learn\negress: deny', ['allowed', 'allowed']],
  ])('are judged by %s', (_, network, expected) => {
    const { ends } = simulated(policy(network), toDb, api);
    const after = (port: number) => ends.find((end) => end.port === port)?.after;
    expect([after(5432), after(443)]).toEqual(expected);
  });

  test('say which line decided, what was the case, and how many connections that are', () => {
    const denied = recordedFlow({ mode: 'protect' }, { connections: 0, denied: 3 });
    const found = simulated(policy('mode: protect\negress: deny'), denied, api);
    expect(found.ends).toMatchObject([
      {
        port: 443,
        before: 'unjudged',
        after: 'denied',
        connections: 2,
        line: { policy: 'test', line: 8, words: expect.stringContaining('elsewhere') },
      },
      { port: 5432, before: 'denied', after: 'denied', connections: 0 },
    ]);
    expect(found.connections).toEqual({ denied: 2, partly: 0, 'would-deny': 0, allowed: 0, unknown: 0 });
  });

  test('are judged at each end by the policies that select it', () => {
    const half = recordedFlow(
      {
        role: 'server',
        self: containerAt('db', '10.0.0.2', 'shop'),
        peer: containerAt('web', '10.0.0.1', 'shop'),
      },
      { connections: 7 },
    );
    const text = policy('mode: protect\ningress: deny', '{ containerNames: [db] }');
    expect(simulated(text, toDb, half)).toMatchObject({
      ends: [{ role: 'server', after: 'denied', policies: ['test'] }],
      notSelected: 7,
    });
  });

  test('to a server need what a server does before it accepts', () => {
    const own = recordedFlow({
      role: 'server',
      self: containerAt('web', '10.0.0.1', 'shop'),
      peer: outside('192.0.2.9'),
      port: 80,
    });
    const after = (lines: string) =>
      simulated(policy(`mode: protect\ndefault: deny\nallow: [${lines}]`), own).ends[0]?.after;
    expect(after('{ operation: listen, ports: [80] }')).toBe('denied');
    expect(after('{ operation: bind, ports: [80] }, { operation: listen, ports: [80] }')).toBe('allowed');
  });

  test('of several addresses are denied partly, and are not known where the other end has no name', () => {
    const several = recordedFlow(
      { peer: { ...outside('10.1.0.1'), addresses: ['10.1.0.1', '10.2.0.1'] } },
      { connections: 9 },
    );
    const more = recordedFlow({ peer: { ...outside('10.1.0.1'), more: 3 }, port: 1 });
    const others = recordedFlow({ peer: { ...outside(''), kind: 'others', addresses: [] }, port: 0 });
    const { ends } = simulated(
      policy('mode: protect\ndeny: [{ operation: connect, cidrs: [10.1.0.0/16] }]'),
      several,
      more,
      others,
    );
    expect(ends.map(({ port, after }) => [port, after])).toEqual([
      [5432, 'partly'],
      [1, 'partly'],
      [0, 'unknown'],
    ]);
  });

  test('do not know programs, and say so', () => {
    const found = simulated(policy('mode: protect\ndeny: [{ operation: connect, from: [/bin/sh] }]'), toDb);
    expect(found).toMatchObject({ linesOfPrograms: 1, ends: [{ after: 'allowed' }] });
  });

  test('to peers that only a machine knows: its own, the host, the metadata service', () => {
    const at = (peer: Parameters<typeof recordedFlow>[0]) => recordedFlow(peer);
    const flows = [
      at({ peer: { ...outside('192.0.2.1'), kind: 'host', name: 'host' }, port: 1 }),
      at({ peer: outside('10.0.0.1'), port: 2 }),
      at({ peer: outside('169.254.169.254'), port: 3 }),
      at({ peer: outside('10.0.0.9'), port: 4 }),
    ];
    const deny = 'mode: protect\ndeny: [{ operation: connect, peers: [host, self, metadata] }]';
    const { ends } = simulated(policy(deny), ...flows);
    expect(
      ends
        .filter(({ after }) => after === 'denied')
        .map(({ port }) => port)
        .toSorted(),
    ).toEqual([1, 2, 3]);
  });
});
