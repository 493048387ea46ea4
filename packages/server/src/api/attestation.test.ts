import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EVERYWHERE } from '../people/index.js';
import { TestServer } from '../testing/test-server.js';

let server: TestServer;
let admin: Record<string, string>;
beforeAll(async () => {
  server = await TestServer.start();
  admin = await server.role('admin');
}, 60_000);
afterAll(() => server.close(), 60_000);

const reference = (version: number) => ({
  ...{ version, date: '2026-11-30', expires: '2999-01-01' },
  profiles: [{ name: 'rack', pcrs: { 7: ['ab'.repeat(32)] } }],
});

it('a reference is set by who manages all clusters, is shown with who set it, and is on record', async () => {
  expect((await server.ask('GET', '/attestation/reference', { headers: admin })).body).toMatchObject({
    current: null,
    isStale: false,
  });
  const set = (headers: Record<string, string>, body: unknown) =>
    server.ask('PUT', '/attestation/reference', { headers, body });
  const ofOneCluster = await server.bearer([{ role: 'admin', ...EVERYWHERE, cluster: 'shop' }]);
  expect((await set(ofOneCluster, reference(1))).status).toBe(403);
  expect(await set(admin, reference(1))).toMatchObject({ status: 200, body: { version: 1 } });
  expect(await set(admin, reference(1))).toMatchObject({
    status: 409,
    body: { code: 'SERVER_REFERENCE_OLDER' },
  });
  expect(await set(admin, { ...reference(2), profiles: [] })).toMatchObject({
    status: 400,
    body: { code: 'SERVER_REFERENCE_INVALID' },
  });
  expect((await server.ask('GET', '/attestation/reference', { headers: admin })).body).toMatchObject({
    current: { version: 1, profiles: [{ name: 'rack' }] },
    history: [{ version: 1, by: expect.any(String) }],
  });
  const { body } = await server.ask('GET', '/changes', { headers: admin });
  expect(JSON.stringify(body)).toContain('attestation/reference');
});

it('of a node that is not there, or not of the caller’s cluster, nothing is said', async () => {
  for (const [method, path, body] of [
    ['GET', 'trust', undefined],
    ['POST', 'trust', { why: 'x' }],
    ['GET', 'reference', undefined],
  ] as const)
    expect(
      (await server.ask(method, `/nodes/${randomUUID()}/${path}`, { headers: admin, body })).status,
    ).toBe(404);
});
