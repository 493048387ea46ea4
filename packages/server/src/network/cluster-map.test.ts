import { describe, expect, test } from 'vitest';
import { clusterMap } from './cluster-map.js';
import { containerAt, outside, recordedFlow } from './testing/sample-flow.js';

const web = containerAt('web', '10.0.0.1', 'shop');
const db = containerAt('db', '10.0.0.2', 'shop');

describe('the map of recorded flows', () => {
  test('has one edge for what both ends told, counted at the client', () => {
    const client = recordedFlow(
      { mode: 'protect' },
      { connections: 5, refused: 2, failures: 3, bytesOut: 10, allowed: 2 },
    );
    const server = recordedFlow(
      { role: 'server', self: db, peer: web, mode: 'learn' },
      { connections: 2, bytesIn: 10 },
      { lastMs: 70_000 },
    );
    const { nodes, edges } = clusterMap([server, client]);
    expect(nodes.map(({ id, label, namespace }) => [id, label, namespace])).toEqual([
      ['main/workload:shop/db', 'shop/db', 'shop'],
      ['main/workload:shop/web', 'shop/web', 'shop'],
    ]);
    expect(edges).toMatchObject([
      {
        id: 'main/workload:shop/web main/workload:shop/db tcp 5432',
        ...{ connections: 5, failures: 3, refused: 2, bytesToServer: 10, seenBy: 'both' },
        ...{
          clientMode: 'protect',
          serverMode: 'learn',
          verdict: 'allowed',
          firstMs: 1000,
          lastActiveMs: 70_000,
        },
      },
    ]);
  });

  test('knows who has an address on another node of the cluster, and joins both halves', () => {
    const here = recordedFlow({ peer: outside('10.0.0.2') }, { connections: 3 });
    const there = recordedFlow(
      { role: 'server', self: db, peer: outside('10.0.0.1') },
      {},
      { node: 'node-2' },
    );
    expect(clusterMap([here, there]).edges).toMatchObject([
      { client: 'main/workload:shop/web', server: 'main/workload:shop/db', seenBy: 'both', connections: 3 },
    ]);
    const elsewhere = { ...there, cluster: 'other' };
    expect(clusterMap([here, elsewhere]).edges).toMatchObject([
      { cluster: 'main', server: 'main/external:10.0.0.2' },
      { cluster: 'other', client: 'other/external:10.0.0.1' },
    ]);
  });

  test('does not guess among several that have an address', () => {
    const also = recordedFlow({ self: containerAt('node-exporter', '10.0.0.2') });
    const there = recordedFlow({ role: 'server', self: db, peer: web });
    const here = recordedFlow({ peer: outside('10.0.0.2') });
    const servers = clusterMap([here, there, also]).edges.map(({ server }) => server);
    expect(servers).toContain('main/external:10.0.0.2');
  });

  test.each([
    ['denied', { mode: 'protect' }, { connections: 0, denied: 4 }],
    ['denied', { mode: 'protect' }, { connections: 4, failures: 4, denied: 4 }],
    ['partly', { mode: 'protect' }, { denied: 1, allowed: 2 }],
    ['would-deny', { mode: 'monitor' }, { wouldDeny: 1, allowed: 2 }],
    ['allowed', { mode: 'monitor' }, {}],
    ['learning', { mode: 'learn' }, {}],
    ['unjudged', { mode: 'none' }, {}],
  ] as const)('says %s', (verdict, body, sums) => {
    expect(clusterMap([recordedFlow(body, sums)]).edges).toMatchObject([{ verdict }]);
  });

  test('names hosts by their node, services that were meant, and what had no room', () => {
    const flows = [
      recordedFlow({ peer: { ...outside('192.0.2.1'), kind: 'host', name: 'host' }, port: 22 }),
      recordedFlow({ services: ['10.96.0.7:80'], port: 8080 }),
      recordedFlow({ services: ['[fd00::7]:80'], port: 8081 }),
      recordedFlow({ peer: { ...outside(''), kind: 'others', name: '' }, protocol: '', port: 0 }),
    ];
    const { edges } = clusterMap(flows);
    expect(edges.map(({ server, port, services }) => [server, port, services])).toEqual([
      ['main/external:others', 0, []],
      ['main/host:node-1', 22, []],
      ['main/workload:shop/db', 8080, ['10.96.0.7:80']],
      ['main/workload:shop/db', 8081, ['[fd00::7]:80']],
    ]);
  });
});
