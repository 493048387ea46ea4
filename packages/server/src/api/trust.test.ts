import { afterAll, beforeAll, expect, it } from 'vitest';
import { record } from '../telemetry/testing/sample.js';
import { TestServer } from '../testing/test-server.js';

let server: TestServer;
const told = (seq: number, container: string, state: string, score: number, namespace = 'shop') =>
  record(seq, {
    ...{ kind: 'attestation', namespace, workload: 'web-1', container, timeMs: 1_700_000_000_000 + seq },
    body: {
      name: container,
      workload: `${namespace}/web/app`,
      image: 'i',
      imageDigest: '',
      state,
      score,
      digest: 'sha256:x',
      differences: [{ what: 'rootReadOnly', effect: 'weaker', text: 'its root file system is writable' }],
      findings: [],
    },
  });

beforeAll(async () => {
  server = await TestServer.start();
  await server.told('prod', [
    ...[told(1, 'a', 'approved', 90), told(2, 'b', 'approved', 80), told(3, 'a', 'changed', 70)],
    ...[told(4, 'c', 'approved', 95), told(5, 'c', 'ended', 0), told(6, 'd', 'approved', 99, 'bank')],
    record(7, { kind: 'attestation', namespace: 'shop', container: 'e', body: { state: 7 } }),
  ]);
}, 60_000);
afterAll(() => server.close(), 60_000);

it('what was told last of each container that runs is shown by workload, the weakest first, as far as the role goes', async () => {
  const { body } = await server.ask('GET', '/trust', { headers: await server.role('viewer') });
  expect(body).toMatchObject({
    complete: true,
    workloads: [
      {
        ...{ cluster: 'prod', workload: 'shop/web/app', state: 'changed', score: 70 },
        containers: expect.arrayContaining([
          expect.objectContaining({ container: 'a', state: 'changed', score: 70 }),
          expect.objectContaining({ container: 'b', state: 'approved', score: 80 }),
        ]) as unknown,
      },
      { workload: 'bank/web/app', state: 'approved', containers: [{ container: 'd' }] },
    ],
  });
  const shop = await server.bearer([{ role: 'viewer', cluster: 'prod', namespace: 'shop', workload: '*' }]);
  const own = (await server.ask('GET', '/trust', { headers: shop })).body.workloads as { workload: string }[];
  expect(own.map(({ workload }) => workload)).toEqual(['shop/web/app']);
});
