import { describe, expect, test } from 'vitest';
import { buildMap } from './service-map.js';
import { containerEnd, externalEnd, testFlow } from './testing/flow.js';

const web = containerEnd('web', '10.0.0.1');
const db = containerEnd('db', '10.0.0.2');

describe('the map of services', () => {
  test('has one edge for both halves of a flow, counted at the client', () => {
    const counters = { attempts: 5, established: 3, refused: 2, bytesOut: 10, bytesIn: 70 };
    const client = testFlow({ self: web, peer: db, open: 1 }, counters);
    const other = { established: 3, bytesOut: 70, bytesIn: 10 };
    const server = testFlow({ role: 'server', self: db, peer: web, lastActiveMs: 9 }, other);
    const { nodes, edges } = buildMap([server, client]);
    expect(nodes.map(({ id, serves }) => [id, serves])).toEqual([
      ['workload:db', ['tcp/5432']],
      ['workload:web', []],
    ]);
    expect(edges).toEqual([
      expect.objectContaining({
        ...{ client: 'workload:web', server: 'workload:db', port: 5432, seenBy: 'both' },
        ...{ connections: 5, failures: 2, refused: 2, open: 1, bytesToServer: 10, bytesToClient: 70 },
        lastActiveMs: 9,
      }),
    ]);
  });

  test('counts at the server where the client is elsewhere', () => {
    const peer = externalEnd('192.0.2.1');
    const seen = testFlow({ role: 'server', self: db, peer }, { established: 3, bytesOut: 70, bytesIn: 10 });
    const expected = { client: 'external:192.0.2.1', seenBy: 'server', connections: 3, bytesToClient: 70 };
    expect(buildMap([seen]).edges).toEqual([expect.objectContaining(expected)]);
  });

  test('takes replicas together', () => {
    const replica = (n: number) => containerEnd(`web-${n}`, `10.0.0.${n}`, 'shop/web');
    const flows = [1, 2].map((n) => testFlow({ self: replica(n), peer: db }, { attempts: n }));
    const { nodes, edges } = buildMap(flows);
    expect(nodes.find(({ id }) => id === 'workload:shop/web')?.containers).toEqual(['web-1', 'web-2']);
    expect(edges).toEqual([expect.objectContaining({ client: 'workload:shop/web', connections: 3 })]);
  });

  test('leads through a service to what is behind it', () => {
    const service = { address: '10.96.0.10', port: 80 };
    const asked = testFlow({
      self: web,
      peer: { ...db, port: 5432, service },
      remote: '10.96.0.10',
      port: 80,
    });
    const served = testFlow({ role: 'server', self: db, peer: web });
    expect(buildMap([asked, served]).edges).toEqual([
      expect.objectContaining({ port: 5432, services: ['10.96.0.10:80'], seenBy: 'both' }),
    ]);
  });

  test('has what policies said at either end, and what never came to be for them', () => {
    const counts = (denied: number, allowed: number) => ({
      allowed,
      denied,
      wouldDeny: 0,
      lastDeniedMs: denied,
    });
    const asked = testFlow({ self: web, peer: db, policy: counts(2, 5) });
    const served = testFlow({ role: 'server', self: db, peer: web, policy: counts(3, 4) });
    const never = testFlow({ self: web, peer: externalEnd('192.0.2.1'), port: 22, policy: counts(1, 0) });
    expect(buildMap([asked, served, never]).edges.map(({ port, policy }) => [port, policy])).toEqual([
      [22, counts(1, 0)],
      [5432, { ...counts(5, 5), lastDeniedMs: 3 }],
    ]);
    expect(buildMap([testFlow()]).edges[0]?.policy).toBeUndefined();
  });

  test('has unix sockets between containers', () => {
    const { edges } = buildMap([], [{ client: web, server: db, path: '/run/db.sock', open: 2 }]);
    expect(edges).toEqual([expect.objectContaining({ protocol: 'unix', path: '/run/db.sock', open: 2 })]);
  });
});
