import { testPolicy } from '@runward/policy/testing';
import { describe, expect, test } from 'vitest';
import { Addresses } from './peers.js';
import { FakeHost } from './testing/fake-host.js';

const policy = testPolicy(
  `selector: { containerNames: [web] }
network:
  mode: protect
  egress: deny
  allow:
    - { operation: connect, peers: [{ workload: { containerNames: [db] } }] }
`,
  'web',
);

async function hostWithPeers() {
  const host = new FakeHost();
  host.add('web', 1);
  host.add('db', 2);
  host.addresses.set(20, ['10.0.0.2', 'fe80::2']);
  const service = host.service();
  await service.use([policy]);
  const allowed = (): readonly string[] => {
    const ranges = host.kernel.tables.get(host.kernel.bound.get(1) ?? 0)?.network.ranges ?? [];
    const rows = new Set(ranges.map(({ row }) => row));
    return [`${ranges.length} ranges`, `${rows.size} rows`];
  };
  return { host, service, allowed };
}

describe('a line about workloads', () => {
  test('has the addresses of those that run, and others when these move', async () => {
    const { host, service, allowed } = await hostWithPeers();
    const before = allowed();
    expect(host.kernel.log).toEqual(['load 1', 'bind 1 to 1 by 10']);
    await service.lookForPeers();
    expect(host.kernel.log).toHaveLength(2);
    host.addresses.set(20, []);
    await service.lookForPeers();
    expect(host.kernel.log.slice(2)).toEqual(['load 2', 'bind 1 to 2 by 10']);
    expect(allowed()).not.toEqual(before);
    await service.close();
  });

  test('has those of a container that comes later', async () => {
    const { host, service } = await hostWithPeers();
    host.addresses.set(30, ['10.0.0.3']);
    const { info } = host.add('db2', 3, { name: 'db' });
    await service.met(host.request('db2'), info);
    expect(host.kernel.log.slice(2)).toEqual(['load 2', 'bind 1 to 2 by 10']);
    await service.close();
  });
});

test('a container on the network of its host has no address that is its own', () => {
  const known = { identified: true, env: [], workload: { name: 'db' } };
  const source = { of: () => ['10.0.0.1'], isHosts: () => true };
  // Only what selectors and books look at.
  const neighbour = { known, pid: 2 } as unknown as ConstructorParameters<typeof Addresses>[1][number];
  const book = new Addresses(source, [neighbour]).bookFor(neighbour);
  const peer = { namespaces: [], podLabels: {}, containerLabels: {}, images: [], containerNames: [] };
  expect([book.self, book.workload(peer), book.host]).toEqual([[], [], ['10.0.0.1']]);
});

test('the API server is where the container was told at its creation', () => {
  const bookOf = (env: readonly string[]) => {
    const neighbour = { known: { env }, pid: undefined } as unknown as ConstructorParameters<
      typeof Addresses
    >[1][number];
    return new Addresses({ of: () => [], isHosts: () => false }, []).bookFor(neighbour).kubernetesApi;
  };
  expect(bookOf(['A=b', 'KUBERNETES_SERVICE_HOST=10.96.0.1'])).toEqual(['10.96.0.1']);
  expect(bookOf(['KUBERNETES_SERVICE_HOST=api.test'])).toEqual([]);
  expect(bookOf([])).toEqual([]);
});
