import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { record } from '../telemetry/testing/sample.js';
import { TestServer } from '../testing/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  const at = (namespace: string, workload: string, container: string) => ({ namespace, workload, container });
  await server.told('prod', [
    record(1, at('shop', 'web', 'c1')),
    record(2, at('shop', 'db', 'c2')),
    record(3, at('bank', 'web', 'c3')),
  ]);
}, 60_000);
afterAll(() => server.close(), 60_000);

const workloads = ({ body }: { readonly body: Record<string, unknown> }) =>
  (body.items as { namespace: string; workload: string }[]).map(
    (each) => `${each.namespace}/${each.workload}`,
  );

describe('what nodes told', () => {
  it('is seen as far as the role of whoever asks goes, whatever is asked', async () => {
    const shop = await server.bearer([{ role: 'viewer', cluster: 'prod', namespace: 'shop', workload: '*' }]);
    expect(workloads(await server.ask('GET', '/records', { headers: shop }))).toEqual([
      'shop/db',
      'shop/web',
    ]);
    expect(workloads(await server.ask('GET', '/records?namespace=bank', { headers: shop }))).toEqual([]);
    const all = await server.role('viewer');
    expect(workloads(await server.ask('GET', '/records', { headers: all }))).toHaveLength(3);
    const counted = await server.ask(
      'GET',
      '/records/counts?from=0&to=8640000000000&span=8640000000000&by=namespace',
      {
        headers: shop,
      },
    );
    expect(counted.body).toMatchObject([{ value: 'shop', count: 2 }]);
  });

  it('comes in pages, and filtered by any of several values', async () => {
    const headers = await server.role('viewer');
    const first = await server.ask('GET', '/records?limit=2', { headers });
    const second = await server.ask('GET', `/records?limit=2&cursor=${String(first.body.next)}`, { headers });
    expect([...workloads(first), ...workloads(second)]).toEqual(['bank/web', 'shop/db', 'shop/web']);
    expect(second.body.next).toBeNull();
    const some = await server.ask('GET', '/records?container=c1&container=c3', { headers });
    expect(workloads(some)).toEqual(['bank/web', 'shop/web']);
    expect(JSON.stringify(some.body)).not.toContain('"boot"');
  });

  it.each([
    ['cursor=none', 'SERVER_INVALID'],
    ['kind=else', 'SERVER_INVALID'],
    ['nothing=1', 'SERVER_INVALID'],
    ['limit=0', 'SERVER_INVALID'],
  ])('is refused for %s', async (query, code) => {
    const answer = await server.ask('GET', `/records?${query}`, { headers: await server.role('viewer') });
    expect(answer).toMatchObject({ status: 400, body: { code } });
  });

  it('is filtered in the language of rules, and told where that is wrong', async () => {
    const headers = await server.role('viewer');
    const asked = (filter: string) =>
      server.ask('GET', `/records?filter=${encodeURIComponent(filter)}`, { headers });
    expect(workloads(await asked('k8s.ns.name = shop and not container.id = c1'))).toEqual(['shop/db']);
    expect(await asked('k8s.ns.name = shop and wrong.name = x')).toMatchObject({
      status: 400,
      body: { code: 'SERVER_INVALID', faults: [{ at: 'query.filter', start: 23, end: 33 }] },
    });
    const shop = await server.bearer([{ role: 'viewer', cluster: 'prod', namespace: 'shop', workload: '*' }]);
    const other = await server.ask(
      'GET',
      '/records?filter=k8s.ns.name%20=%20bank%20or%20node.name%20exists',
      {
        headers: shop,
      },
    );
    expect(workloads(other)).toEqual(['shop/db', 'shop/web']);
  });

  it('is not counted in more spans than anybody looks at', async () => {
    const headers = await server.role('viewer');
    const answer = await server.ask('GET', '/records/counts?from=0&to=8640000000000&span=1000', { headers });
    expect(answer).toMatchObject({ status: 400, body: { faults: [{ at: 'query.span' }] } });
  });
});

describe('nodes', () => {
  it('join with a token that whoever manages their cluster makes, and nobody else', async () => {
    const manager = await server.bearer([{ role: 'admin', cluster: 'test', namespace: '*', workload: '*' }]);
    const asked = (cluster: string, headers: Record<string, string>) =>
      server.ask('POST', '/enrolment-tokens', { headers, body: { cluster } });
    const made = await asked('test', manager);
    expect(made).toMatchObject({ status: 201, body: { token: expect.stringMatching(/^rwt1\./) } });
    expect((await asked('prod', manager)).status).toBe(403);
    expect((await asked('test', await server.role('responder'))).status).toBe(403);
    const { body } = await server.ask('GET', '/changes?limit=1', { headers: await server.role('admin') });
    expect(body.items).toMatchObject([{ action: 'createEnrolmentToken', after: { cluster: 'test' } }]);
    expect(JSON.stringify(body)).not.toContain(String(made.body.token));
  });

  it('that are not there are said so', async () => {
    const headers = await server.role('admin');
    const path = '/nodes/00000000-0000-4000-8000-000000000000';
    const body = { container: 'c1', order: { action: 'pause' }, why: 'a test' };
    expect((await server.ask('POST', `${path}/respond`, { headers, body })).status).toBe(404);
    expect((await server.ask('DELETE', path, { headers })).status).toBe(404);
    expect(await server.ask('GET', '/nodes', { headers })).toMatchObject({ status: 200, body: [] });
  });
});

describe('incidents', () => {
  const node = '0d1d2c7e-9a54-4f0f-8f3f-6c0f3d1f2a11';
  const told = (seq: number, incident: string, state: string, namespace: string) =>
    record(seq, {
      ...{ kind: 'incident', incident, namespace, workload: 'web', priority: 'high' },
      body: { state, assignee: '', title: `of ${namespace}` },
    });
  beforeAll(async () => {
    await server.told('prod', [
      told(101, 'i-shop', 'open', 'shop'),
      told(102, 'i-bank', 'open', 'bank'),
      told(103, 'i-shop', 'contained', 'shop'),
    ]);
  });
  const ofShop = () =>
    server.bearer([{ role: 'analyst', cluster: 'prod', namespace: 'shop', workload: '*' }]);

  it('are listed as they stand, counted, and filtered, within the scope of whoever asks', async () => {
    const headers = await server.role('viewer');
    const list = async (query: string, who = headers) => {
      const { body } = await server.ask('GET', `/incidents${query}`, { headers: who });
      return (body.items as { incident: string; body: { state: string } }[]).map(
        (each) => `${each.incident} ${each.body.state}`,
      );
    };
    expect(await list('')).toEqual(['i-shop contained', 'i-bank open']);
    expect(await list('?state=open')).toEqual(['i-bank open']);
    expect(await list('?filter=incident.title%20contains%20shop')).toEqual(['i-shop contained']);
    expect(await list('', await ofShop())).toEqual(['i-shop contained']);
    const counted = await server.ask('GET', '/incidents/counts', { headers: await ofShop() });
    expect(counted.body).toEqual([{ state: 'contained', severity: 'high', count: 1 }]);
  });

  it('are worked on by whoever may where they are, at a node that is there', async () => {
    const move = async (incident: string, body: unknown, headers: Record<string, string>) => {
      const answer = await server.ask('POST', `/nodes/${node}/incidents/${incident}/moves`, {
        headers,
        body,
      });
      return [answer.status, answer.body.code];
    };
    const resolve = { do: 'resolve', text: 'done' };
    expect(await move('i-bank', resolve, await ofShop())).toEqual([404, 'SERVER_NOT_FOUND']);
    const reader = await server.bearer([
      { role: 'viewer', cluster: '*', namespace: '*', workload: '*' },
      { role: 'analyst', cluster: 'prod', namespace: 'shop', workload: '*' },
    ]);
    expect(await move('i-bank', resolve, reader)).toEqual([403, 'SERVER_NOT_ALLOWED']);
    // The node of these records has never enrolled.
    expect(await move('i-shop', resolve, reader)).toEqual([404, 'SERVER_NODE_UNKNOWN']);
    expect(await move('i-shop', { do: 'note', text: ' ' }, reader)).toEqual([400, 'SERVER_INVALID']);
    expect(await move('i-shop', { do: 'advise', text: '' }, reader)).toEqual([400, 'SERVER_INVALID']);
  });
});
