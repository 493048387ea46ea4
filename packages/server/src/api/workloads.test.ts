import type { SentRecord } from '@runward/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { origin, record } from '../telemetry/testing/sample.js';
import { TestServer } from '../testing/test-server.js';

const NOW = Date.now();
const MODES = { process: 'monitor', network: 'protect' };
let seq = 0;
const told = (
  namespace: string,
  name: string,
  body: Record<string, unknown>,
  change: Partial<SentRecord> = {},
): SentRecord => {
  seq += 1;
  const own = { kind: 'container', namespace, workload: `${name}-pod`, container: `${name}-id` } as const;
  return {
    ...record(seq, {
      ...own,
      timeMs: NOW + seq,
      body: { event: 'running', id: `${name}-id`, name, ...body },
    }),
    ...change,
  };
};
const health = (boot: string, timeMs: number): SentRecord => {
  seq += 1;
  return record(seq, { kind: 'health', namespace: '', workload: '', container: '', boot, timeMs, body: {} });
};
const [OLD, NEW] = ['b'.repeat(32), 'c'.repeat(32)];

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  const web = { workloadName: 'shop/web', image: 'shop/web:1', policies: ['p'] };
  await server.told('prod', [
    told('shop', 'web-1', { event: 'met' }),
    told('shop', 'web-1', { ...web, modes: MODES, problems: { network: 'no BPF' } }),
    told('shop', 'web-2', { ...web, image: 'shop/web:2', modes: { ...MODES, network: 'monitor' } }),
    told('bank', 'ledger', { event: 'met' }),
    told('bank', 'gone', {}),
    told('bank', 'gone', { event: 'ended' }),
    told('bank', 'odd', { event: 'else' }),
    told('bank', 'learnt', { modes: { process: 'off' }, learning: true }),
  ]);
  // Another node, whose agent began anew and met one of its two again.
  await server.link.telemetry.append(
    origin({ cluster: 'prod', node: 'node-2', nodeId: '1d1d2c7e-9a54-4f0f-8f3f-6c0f3d1f2a11' }),
    [
      told('bank', 'lost', {}, { boot: OLD, timeMs: NOW - 5000 }),
      told('bank', 'kept', {}, { boot: OLD, timeMs: NOW - 5000 }),
      health(OLD, NOW - 4000),
      health(NEW, NOW - 2000),
      told('bank', 'kept', {}, { boot: NEW, timeMs: NOW - 1000 }),
      // Told before the first word of its agent's health.
      told('bank', 'early', {}, { boot: 'd'.repeat(32), timeMs: NOW }),
    ],
  );
}, 60_000);
afterAll(() => server.close(), 60_000);

const asked = async (headers: Record<string, string>, query = '') =>
  (await server.ask('GET', `/workloads${query}`, { headers })).body as {
    readonly items: readonly { readonly name: string }[];
    readonly unreadable: number;
  };

describe('workloads', () => {
  it('are replicas together, covered as the least of them, while they run', async () => {
    const { items, unreadable } = await asked(await server.role('viewer'));
    expect(items.map(({ name }) => name)).toEqual(['early', 'kept', 'learnt', 'ledger', 'shop/web']);
    expect(unreadable).toBe(1);
    expect(items.find(({ name }) => name === 'shop/web')).toMatchObject({
      ...{ cluster: 'prod', namespace: 'shop', images: ['shop/web:1', 'shop/web:2'], policies: ['p'] },
      ...{
        modes: { process: 'monitor', network: 'monitor' },
        mode: 'monitor',
        problems: ['network: no BPF'],
      },
      containers: [
        { name: 'web-2', node: 'node-1' },
        { name: 'web-1', modes: MODES },
      ],
    });
    expect(items.find(({ name }) => name === 'learnt')).toMatchObject({ mode: 'learn', learning: true });
    expect(items.find(({ name }) => name === 'ledger')).toMatchObject({
      mode: 'unknown',
      containers: [{ modes: null }],
    });
  });

  it('are seen in the scope of whoever asks, whatever is asked', async () => {
    const headers = await server.bearer([
      { role: 'viewer', cluster: 'prod', namespace: 'shop', workload: '*' },
    ]);
    expect((await asked(headers)).items.map(({ name }) => name)).toEqual(['shop/web']);
    expect((await asked(headers, '?namespace=bank')).items).toEqual([]);
    expect((await asked(await server.role('viewer'), '?node=node-2')).items).toHaveLength(2);
  });
});
