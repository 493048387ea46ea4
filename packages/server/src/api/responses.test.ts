import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKeys } from '../link/certificates.js';
import { Pkcs10CertificateRequestGenerator } from '../link/x509.js';
import { record } from '../telemetry/testing/sample.js';
import { TestServer } from '../testing/test-server.js';

const NODE = 'node-1';
let server: TestServer;
let id = '';

beforeAll(async () => {
  server = await TestServer.start();
  const { registry } = server.link;
  const order = { cluster: 'prod', node: NODE, replace: false, by: 'test', validMs: 60_000 };
  const request = await Pkcs10CertificateRequestGenerator.create({
    ...{ name: 'CN=test', keys: await newKeys() },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  const token = registry.createToken(order).text;
  await registry.enrol({ token, node: NODE, request: request.toString('pem') });
  id = registry.nodes[0]?.id ?? '';
  const web = { namespace: 'shop', workload: 'web', container: 'c1' };
  const response = (seq: number, name: string, place: object) =>
    record(seq, { kind: 'response', ...place, body: { id: name } });
  await server.told('prod', [
    record(1, { kind: 'container', ...web }),
    response(2, 'paused', web),
    response(3, 'other', { namespace: 'bank', workload: 'web', container: 'c2' }),
    record(4, { kind: 'incident', namespace: '', workload: '', container: 'c1' }),
  ]);
}, 60_000);
afterAll(() => server.close(), 60_000);

const responder = (namespace: string): Promise<Record<string, string>> =>
  server.bearer([{ role: 'responder', cluster: 'prod', namespace, workload: '*' }]);

/** The node is away: whoever gets as far as that was allowed. */
const ALLOWED = 'SERVER_NODE_AWAY';

describe('a response', () => {
  it.each([
    { namespace: 'shop', container: 'c1', code: ALLOWED },
    { namespace: 'bank', container: 'c1', code: 'SERVER_NOT_ALLOWED' },
    { namespace: 'shop', container: 'unheard-of', code: 'SERVER_NOT_ALLOWED' },
    { namespace: '*', container: 'unheard-of', code: ALLOWED },
  ])('to $container by a responder of $namespace: $code', async ({ namespace, container, code }) => {
    const body = { container, order: { action: 'pause' }, why: 'a test' };
    const headers = await responder(namespace);
    const answer = await server.ask('POST', `/nodes/${id}/respond`, { headers, body });
    expect(answer.body).toMatchObject({ code });
  });

  it.each([
    { namespace: 'shop', response: 'paused', code: ALLOWED },
    { namespace: 'shop', response: 'other', code: 'SERVER_NOT_ALLOWED' },
    { namespace: 'shop', response: 'unheard-of', code: 'SERVER_NOT_ALLOWED' },
    { namespace: '*', response: 'unheard-of', code: ALLOWED },
  ])('$response is taken back by a responder of $namespace: $code', async ({ namespace, response, code }) => {
    const headers = await responder(namespace);
    const answer = await server.ask('POST', `/nodes/${id}/undo`, { headers, body: { response } });
    expect(answer.body).toMatchObject({ code });
  });
});
