import type { SentRecord } from '@runward/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerAt, flowBody } from '../network/testing/sample-flow.js';
import { record } from '../telemetry/testing/sample.js';
import { TestServer } from '../testing/test-server.js';

const PERIOD = { from: 1_700_000_000_000, to: 1_700_000_100_000 };
const query = `from=${PERIOD.from}&to=${PERIOD.to}`;
let seq = 0;
const told = (
  namespace: string,
  rule: string,
  body: Parameters<typeof flowBody>[0],
  timeMs = PERIOD.from + 1,
): SentRecord => {
  seq += 1;
  const labels = { kind: 'flow', namespace, workload: 'web-1', container: `web-${namespace}`, rule } as const;
  return record(seq, { ...labels, timeMs, body: { ...flowBody(body) } });
};

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.told('prod', [
    told('shop', 'db', { mode: 'protect', sums: { connections: 2, allowed: 2, bytesOut: 10 } }),
    told(
      'shop',
      'db',
      { mode: 'protect', sums: { connections: 3, allowed: 3, bytesOut: 1 } },
      PERIOD.from + 60_000,
    ),
    told('shop', 'db', { sums: { connections: 100 } }, PERIOD.to),
    told('bank', 'db', { self: containerAt('web', '10.9.0.1', 'bank'), sums: { denied: 1 } }),
    { ...told('shop', 'odd', {}), body: '{"role":"client","self":"nobody"}' },
  ]);
}, 60_000);
afterAll(() => server.close(), 60_000);

const edgesOf = ({ body }: { readonly body: Record<string, unknown> }) =>
  body.edges as { readonly id: string; readonly client: string; readonly connections: number }[];

describe('the map', () => {
  it('adds up what was told in a period, in the scope of whoever asks', async () => {
    const all = await server.ask('GET', `/map?${query}`, { headers: await server.role('viewer') });
    expect(all.body).toMatchObject({ unreadable: 1, isWhole: true });
    expect(edgesOf(all)).toMatchObject([
      { client: 'prod/workload:bank/web', verdict: 'denied', connections: 0 },
      {
        ...{ client: 'prod/workload:shop/web', verdict: 'allowed', connections: 5, bytesToServer: 11 },
        ...{ policy: { allowed: 5, denied: 0, wouldDeny: 0 }, clientMode: 'protect', serverMode: null },
      },
    ]);
    const headers = await server.bearer([
      { role: 'viewer', cluster: 'prod', namespace: 'shop', workload: '*' },
    ]);
    expect(
      edgesOf(await server.ask('GET', `/map?${query}`, { headers })).map(({ client }) => client),
    ).toEqual(['prod/workload:shop/web']);
    expect(edgesOf(await server.ask('GET', `/map?${query}&namespace=bank`, { headers }))).toEqual([]);
  });

  it.each([`from=${PERIOD.from}`, 'from=1&to=x', `${query}&nothing=1`])(
    'is refused for %s',
    async (asked) => {
      const answer = await server.ask('GET', `/map?${asked}`, { headers: await server.role('viewer') });
      expect(answer).toMatchObject({ status: 400, body: { code: 'SERVER_INVALID' } });
    },
  );

  it('proposes a policy for an edge, which is tried before anybody applies it, in scope as well', async () => {
    const headers = await server.bearer([
      { role: 'viewer', cluster: 'prod', namespace: 'shop', workload: '*' },
    ]);
    const all = edgesOf(await server.ask('GET', `/map?${query}`, { headers: await server.role('viewer') }));
    const wish = { ...PERIOD, decision: 'deny', end: 'client', mode: 'protect' };
    const [bank, shop] = all;
    const mine = await server.ask('POST', '/map/propose', { headers, body: { ...wish, edge: shop?.id } });
    expect(mine).toMatchObject({ status: 200, body: { text: expect.stringContaining('deny:') } });
    const theirs = await server.ask('POST', '/map/propose', { headers, body: { ...wish, edge: bank?.id } });
    expect(theirs.status).toBe(404);
    const tried = await server.ask('POST', '/map/simulate', {
      headers,
      body: { ...PERIOD, policies: String(mine.body.text) },
    });
    expect(tried.body).toMatchObject({
      ends: [{ edge: shop?.id, before: 'allowed', after: 'denied', connections: 5 }],
      connections: { denied: 5, allowed: 0 },
      notSelected: 0,
    });
    const { body } = await server.ask('GET', '/changes?limit=5', { headers: await server.role('admin') });
    expect(body.items).toEqual([]);
  });

  it('says where policies have errors', async () => {
    const body = {
      ...PERIOD,
      policies:
        'apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata: { name: x }\nspec: { network: { mode: never } }\n',
    };
    const answer = await server.ask('POST', '/map/simulate', { headers: await server.role('viewer'), body });
    expect(answer).toMatchObject({ status: 400, body: { faults: [{ at: 'body.policies line 4' }] } });
  });
});
