import { afterAll, beforeAll, expect, it } from 'vitest';
import { newKeys } from '../link/certificates.js';
import { Pkcs10CertificateRequestGenerator } from '../link/x509.js';
import { flowBody } from '../network/testing/sample-flow.js';
import { EVERYWHERE } from '../people/index.js';
import { record } from '../telemetry/testing/sample.js';
import { TestServer } from '../testing/test-server.js';

const RULE = (name: string): string =>
  `- rule: ${name}\n  desc: d\n  condition: evt.type = execve and proc.name = x\n  output: o\n  priority: WARNING\n`;
const COMMIT = 'a'.repeat(40);

let server: TestServer;
let eyes: TestServer;
const headers = new Map<TestServer, Record<string, string>>();
beforeAll(async () => {
  [server, eyes] = [await TestServer.start(), await TestServer.start({ fourEyes: true })];
  for (const each of [server, eyes]) headers.set(each, await each.bearer([{ role: 'admin', ...EVERYWHERE }]));
}, 60_000);
afterAll(async () => {
  await server.close();
  await eyes.close();
}, 60_000);

type Method = Parameters<TestServer['ask']>[0];
const ask = (method: Method, path: string, body?: unknown, at = server) =>
  at.ask(method, path, { headers: headers.get(at) ?? {}, ...(body === undefined ? {} : { body }) });
const sync = (name: string, text: string, more: object = {}, at = server) =>
  ask('POST', '/documents/sync', { kind: 'rules', name, text, commit: COMMIT, path: `rules/${name}.yaml`, author: 'Ada <ada@x>', ...more }, at); // biome-ignore format: one line

it('what a commit has is an approved version with its author; the same again changes nothing', async () => {
  expect((await sync('a', RULE('a'), { dryRun: true })).body).toMatchObject({
    change: 'created',
    document: null,
  });
  const { body } = await sync('a', RULE('a'));
  expect(body).toMatchObject({
    change: 'created',
    version: {
      ...{ number: 1, state: 'approved', source: `git ${COMMIT} rules/a.yaml` },
      author: { id: null, name: 'Ada <ada@x>' },
    },
  });
  expect((await sync('a', RULE('a'))).body).toMatchObject({
    change: 'same',
    drift: '',
    version: { number: 1 },
  });
  expect((await sync('a', RULE('b'))).body).toMatchObject({
    change: 'changed',
    drift: '',
    version: { number: 2 },
  });
  const { items } = (await ask('GET', '/changes')).body as { items: { action: string }[] };
  expect(items.filter(({ action }) => action === 'syncDocument')).toHaveLength(2);
});

it('what was edited here is drift, and what the commit has becomes the newest again', async () => {
  const { body } = await sync('drifted', RULE('a'));
  const { id } = body.document as { id: string };
  await ask('POST', `/documents/${id}/versions`, { text: RULE('edited') });
  const wanted = {
    change: 'changed',
    drift: expect.stringMatching(/^version 2 is of p\w+, not of the repository$/),
  };
  expect((await sync('drifted', RULE('a'), { dryRun: true })).body).toMatchObject(wanted);
  expect((await sync('drifted', RULE('a'))).body).toMatchObject({
    ...wanted,
    version: { number: 3, state: 'approved' },
  });
});

it('a draft with the text of a commit is approved by it', async () => {
  await ask('POST', '/documents', { kind: 'rules', name: 'drafted', text: RULE('a') });
  expect((await sync('drafted', RULE('a'))).body).toMatchObject({
    change: 'approved',
    version: { number: 1, state: 'approved' },
  });
});

it.each([
  ['with an error', 'bad', 'x: [', {}, 422],
  ['that holds elsewhere', 'a', RULE('z'), { cluster: 'shop' }, 409],
  ['without a commit', 'c', RULE('z'), { commit: 'HEAD' }, 400],
] as const)('a text %s is refused', async (_, name, text, more, status) => {
  expect((await sync(name, text, more)).status).toBe(status);
});

it('with four eyes a repository is not synced over the API, where anybody could name an author', async () => {
  expect((await sync('a', RULE('a'), {}, eyes)).status).toBe(403);
});

const DENYING = `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: no-database }
spec:
  selector: { namespaces: [shop] }
  network:
    mode: protect
    default: deny
`;

/** As if a machine had enrolled. */
async function enrol(cluster: string, node: string): Promise<void> {
  const { registry } = server.link;
  const { text } = registry.createToken({ cluster, node, replace: false, by: 'a', validMs: 60_000 });
  const request = await Pkcs10CertificateRequestGenerator.create({
    ...{ name: 'CN=x', keys: await newKeys(), signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' } },
  });
  await registry.enrol({ token: text, node, request: request.toString('pem') });
}

it('environments are compared by what their nodes are to hold', async () => {
  expect((await ask('GET', '/environments/compare?left=dev&right=prod')).status).toBe(404);
  await ask('PUT', '/clusters/d1', { environment: 'dev' });
  await ask('PUT', '/clusters/p1', { environment: 'prod' });
  const { body } = await ask('GET', '/environments/compare?left=dev&right=prod');
  expect(body).toMatchObject({ left: ['d1'], right: ['p1'], differences: [], tried: null });

  for (const [cluster, node] of [
    ['d1', 'dev-1'],
    ['p1', 'prod-1'],
  ] as const)
    await enrol(cluster, node);
  const policy = {
    kind: 'policy',
    cluster: 'd1',
    text: DENYING,
    path: 'clusters/d1/policies/no-database.yaml',
  };
  const { document } = (await sync('no-database', DENYING, policy)).body as { document: { id: string } };
  await ask('POST', `/documents/${document.id}/rollouts`, { version: 1, plan: { stages: [] } });
  const labels = {
    kind: 'flow',
    namespace: 'shop',
    workload: 'web-1',
    container: 'web',
    rule: 'db',
  } as const;
  const flow = { ...flowBody({ sums: { connections: 4, allowed: 4 } }) };
  await server.told('p1', [record(1, { ...labels, timeMs: Date.now() - 1000, body: flow })]);
  const compared = await ask('GET', '/environments/compare?left=dev&right=prod');
  expect(compared.body).toMatchObject({
    differences: [{ document: { kind: 'policy', name: 'no-database' }, left: [1], right: [null] }],
    tried: {
      policies: ['no-database'],
      ends: [expect.objectContaining({ cluster: 'p1', connections: 4, after: 'denied' })],
    },
  });
  // What is on the right alone is a difference, and nothing of the left to try.
  expect((await ask('GET', '/environments/compare?left=prod&right=dev')).body).toMatchObject({
    differences: [{ left: [null], right: [1] }],
    tried: null,
  });
});
