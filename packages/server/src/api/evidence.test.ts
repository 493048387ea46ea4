import { readProof, verifyProof } from '@runward/evidence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../testing/test-server.js';

let server: TestServer;
let headers: Record<string, string> = {};
beforeAll(async () => {
  server = await TestServer.start();
  headers = await server.role('admin');
  for (const name of ['one', 'two', 'three'])
    await server.ask('POST', '/tokens', { headers, body: { name, days: 1, grants: [{ role: 'viewer' }] } });
}, 60_000);
afterAll(() => server.close(), 60_000);

describe('the evidence log of the server', () => {
  it('is searched from the newest on, in pages', async () => {
    const list = async (query: string) => (await server.ask('GET', `/evidence?${query}`, { headers })).body;
    const first = await list('kind=control.change&limit=2');
    expect(first.items).toMatchObject([
      { body: { after: { name: 'three' } } },
      { body: { after: { name: 'two' } } },
    ]);
    const next = await list(`kind=control.change&limit=2&cursor=${String(first.next)}&text=ONE`);
    expect(next.items).toMatchObject([{ intact: true, body: { after: { name: 'one' } } }]);
    expect((await list('text=nothing-has-this')).items).toEqual([]);
  });

  it('is verified, and what it has is proven to whoever has nothing else', async () => {
    const { body: report } = await server.ask('GET', '/evidence/verification', { headers });
    expect(report).toMatchObject({ errors: 0, lost: 0 });
    const { body } = await server.ask('GET', '/evidence?kind=control.change&limit=1', { headers });
    const [{ seq }] = body.items as [{ seq: number }];
    const answer = await server.ask('GET', `/evidence/${seq}/proof`, { headers });
    expect(answer.status).toBe(200);
    const proven = verifyProof(readProof(JSON.stringify(answer.body)), String((report.keys as string[])[0]));
    expect(proven.record).toMatchObject({ seq, kind: 'control.change' });
    expect(await server.ask('GET', '/evidence/999999/proof', { headers })).toMatchObject({ status: 404 });
  });

  it('is seen by nobody who may not manage people everywhere', async () => {
    const one = await server.bearer([{ role: 'admin', cluster: 'one', namespace: '*', workload: '*' }]);
    for (const path of ['/evidence', '/evidence/verification', '/evidence/1/proof'])
      expect((await server.ask('GET', path, { headers: one })).status, path).toBe(403);
  });
});
