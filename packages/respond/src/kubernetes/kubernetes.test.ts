import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Hands } from '../actions/action.js';
import { Journal } from '../record/journal.js';
import { type Order, orderOf } from '../record/order.js';
import type { Asker, ResponseRecord } from '../record/record.js';
import { Responder } from '../responder.js';
import { typeOf } from '../revoke/table.js';
import { NO_SETTINGS } from '../settings/response-settings.js';
import { KubernetesServer, rulesIn, type StoredObject } from '../testing/kubernetes-server.js';
import { type Certificate, makeCertificate, TlsServer } from '../testing/tls-server.js';
import { clusterOf, type KubernetesSettings } from './cluster.js';

const MANIFEST = readFileSync(
  join(import.meta.dirname, '../../../../deploy/kubernetes/responder.yaml'),
  'utf8',
);
const POD = '/api/v1/namespaces/prod/pods/shop-1';
const NODE = '/api/v1/nodes/worker-1';
const SET = '/apis/apps/v1/namespaces/prod/replicasets/shop';
const DEPLOYMENT = '/apis/apps/v1/namespaces/prod/deployments/shop';
const POLICIES = '/apis/networking.k8s.io/v1/namespaces/prod/networkpolicies';

let certificate: Certificate;
let client: Certificate;
let world: Awaited<ReturnType<typeof make>>;
const environment = { ...process.env };

beforeAll(() => {
  certificate = makeCertificate();
  client = makeCertificate('responder');
});
afterAll(() => {
  certificate.remove();
  client.remove();
});
beforeEach(async () => {
  world = await make();
});
afterEach(async () => {
  process.env = { ...environment };
  await world.server.close();
  rmSync(world.folder, { recursive: true, force: true });
});

const owner = (kind: string, name: string) => [
  { apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true },
];

async function make() {
  const folder = mkdtempSync(join(certificate.folder, 'cluster-'));
  const cluster = new KubernetesServer();
  cluster.rules = rulesIn(MANIFEST, 'runward-responder');
  cluster.tokens.add('token-1');
  const pod = cluster.put(POD, {
    metadata: { labels: { app: 'shop' }, ownerReferences: owner('ReplicaSet', 'shop') },
    spec: { nodeName: 'worker-1' },
  });
  cluster.put(NODE, { spec: {} });
  cluster.put(SET, { metadata: { ownerReferences: owner('Deployment', 'shop') }, spec: { replicas: 3 } });
  cluster.put(DEPLOYMENT, { spec: { replicas: 3 } });
  const server = new TlsServer(certificate, cluster.answer, client.cert);
  const url = new URL(await server.listen());
  process.env.KUBERNETES_SERVICE_HOST = url.hostname;
  process.env.KUBERNETES_SERVICE_PORT = url.port;
  writeFileSync(join(folder, 'token'), 'token-1\n');
  writeFileSync(join(folder, 'ca.crt'), readFileSync(certificate.cert));
  const kubernetes: KubernetesSettings = {
    ...{ kubeconfig: undefined, context: undefined, serviceAccount: folder, timeoutMs: 15_000, attempts: 2 },
  };
  return { cluster, server, url, folder, pod, kubernetes, ...responderOf(folder, kubernetes) };
}

const SUBJECT = { id: 'c1', name: 'web', runtime: 'containerd', pod: 'prod/shop-1', pids: [] };
const BY: Asker = { kind: 'person', who: { uid: 0 } };

function responderOf(folder: string, kubernetes: KubernetesSettings | undefined) {
  const hands: Hands = {
    ...{ engines: [], snapshotFolder: folder, settings: { ...NO_SETTINGS, kubernetes } },
    isolate: async () => ({ was: false, facts: {}, notCut: [] }),
    scriptFolder: folder,
    capture: async () => ({ folder, problems: [] }),
    release: async () => true,
  };
  const responder = new Responder({
    ...{ hands, journal: new Journal(join(folder, 'responses.jsonl')), say: () => undefined },
    find: async () => undefined,
  });
  const act = (order: object, pod = SUBJECT.pod): Promise<ResponseRecord> =>
    responder.respond({ subject: { ...SUBJECT, pod }, order: orderOf(order), by: BY, why: 'test' });
  const undo = ({ id }: ResponseRecord): Promise<ResponseRecord> => responder.undo(id, BY);
  return { responder, act, undo };
}

const labels = (): unknown => world.cluster.objects.get(POD)?.metadata.labels;
const specOf = (path: string): unknown => world.cluster.objects.get(path)?.spec;

describe('an action on a pod', () => {
  test('sets and removes labels, once, and gives back those that nobody else changed', async () => {
    const record = await world.act({ action: 'label', set: ['q=yes', 'example.org/a=1'], remove: ['app'] });
    expect(record).toMatchObject({ result: 'done' });
    expect(labels()).toEqual({ q: 'yes', 'example.org/a': '1' });
    expect((await world.act({ action: 'label', set: ['q=yes'] })).result).toBe('already');
    const stored = world.cluster.objects.get(POD) as StoredObject; // put there above
    stored.metadata.labels = { ...stored.metadata.labels, q: 'no' };
    const undone = await world.undo(record);
    expect(labels()).toEqual({ app: 'shop', q: 'no' });
    expect(undone.undone?.notes.join()).toContain('`q` of /api/v1/namespaces/prod/pods/shop-1 was left');
  });

  test('annotates it, whatever the text', async () => {
    const record = await world.act({ action: 'annotate', set: ['example.org/why=a = b, "c"'] });
    expect(world.cluster.objects.get(POD)?.metadata.annotations).toEqual({ 'example.org/why': 'a = b, "c"' });
    await world.undo(record);
    expect(world.cluster.objects.get(POD)?.metadata.annotations).toEqual({});
  });

  test('meets changes of others in between, and gives up when they do not end', async () => {
    world.cluster.conflicts = 2;
    const record = await world.act({ action: 'label', set: ['q=yes'] });
    expect(record).toMatchObject({ result: 'done', undo: [{ step: 'kubernetes' }] });
    world.cluster.conflicts = 99;
    const failed = await world.act({ action: 'label', set: ['r=yes'] });
    expect(failed).toMatchObject({ result: 'failed', error: { code: 'RESPOND_BUSY' }, undo: [] });
  });

  test('deletes that very pod, says what starts another, and has no undo', async () => {
    const record = await world.act({ action: 'delete-pod' });
    expect(record).toMatchObject({
      result: 'done',
      undo: [],
      notes: ['ReplicaSet `shop` starts another one'],
    });
    expect(world.cluster.objects.get(POD)?.metadata.deletionTimestamp).toBeDefined();
    expect((await world.act({ action: 'delete-pod', graceSeconds: 0 })).result).toBe('already');
    world.cluster.objects.delete(POD);
    expect((await world.act({ action: 'delete-pod' })).result).toBe('already');
  });

  test('takes a node out of scheduling and gives it back', async () => {
    const record = await world.act({ action: 'cordon' });
    expect(specOf(NODE)).toEqual({ unschedulable: true });
    expect((await world.act({ action: 'cordon' })).result).toBe('already');
    await world.undo(record);
    expect(specOf(NODE)).toEqual({});
  });

  test.each([
    ['Deployment', DEPLOYMENT],
    ['StatefulSet', '/apis/apps/v1/namespaces/prod/statefulsets/shop'],
  ])('scales its %s and gives it back', async (kind, path) => {
    if (kind === 'StatefulSet') {
      world.cluster.put(POD, { metadata: { ownerReferences: owner(kind, 'shop') }, spec: {} });
      world.cluster.put(path, { spec: { replicas: 3 } });
    }
    const record = await world.act({ action: 'scale', replicas: 0 });
    expect(record).toMatchObject({ result: 'done', facts: { before: 3, after: 0 } });
    expect(specOf(path)).toEqual({ replicas: 0 });
    await world.undo(record);
    expect(specOf(path)).toEqual({ replicas: 3 });
  });

  test('leaves a scale that somebody else changed since', async () => {
    const record = await world.act({ action: 'scale', replicas: 0 });
    world.cluster.put(DEPLOYMENT, {
      metadata: { uid: world.cluster.objects.get(DEPLOYMENT)?.metadata.uid },
      spec: { replicas: 5 },
    });
    expect((await world.undo(record)).undone?.notes.join()).toContain('was left at 5');
    expect(specOf(DEPLOYMENT)).toEqual({ replicas: 5 });
  });

  test('cuts it off by a policy that only it is selected by, and takes both back', async () => {
    const record = await world.act({ action: 'networkpolicy', allow: ['192.0.2.7', '2001:db8::/32'] });
    expect(record.result).toBe('done');
    const { uid } = world.pod.metadata;
    const path = `${POLICIES}/runward-isolated-${uid}`;
    const peers = [{ ipBlock: { cidr: '192.0.2.7/32' } }, { ipBlock: { cidr: '2001:db8::/32' } }];
    expect(specOf(path)).toEqual({
      ...{
        podSelector: { matchLabels: { 'runward.dev/isolated': uid } },
        policyTypes: ['Ingress', 'Egress'],
      },
      ...{ ingress: [{ from: peers }], egress: [{ to: peers }] },
    });
    expect(labels()).toEqual({ app: 'shop', 'runward.dev/isolated': uid });
    const same = { action: 'networkpolicy', allow: ['192.0.2.7', '2001:db8::/32'] };
    expect(await world.act(same)).toMatchObject({ result: 'already', undo: [] });
    expect((await world.act({ action: 'networkpolicy' })).error?.code).toBe('RESPOND_BUSY');
    await world.undo(record);
    expect(world.cluster.objects.has(path)).toBe(false);
    expect(labels()).toEqual({ app: 'shop' });
  });

  test('without a network allowed lets nothing through', async () => {
    await world.act({ action: 'networkpolicy' });
    const spec = specOf(`${POLICIES}/runward-isolated-${world.pod.metadata.uid}`);
    expect(spec).not.toHaveProperty('ingress');
    expect(spec).not.toHaveProperty('egress');
  });

  test('stays to be undone when the container ended', async () => {
    const record = await world.act({ action: 'cordon' });
    world.responder.ended(SUBJECT.id);
    expect(world.responder.inForce.map(({ id }) => id)).toEqual([record.id]);
    await world.undo(record);
    expect(specOf(NODE)).toEqual({});
  });

  test('of another incarnation is left alone', async () => {
    const record = await world.act({ action: 'label', set: ['q=yes'] });
    world.cluster.put(POD, { metadata: { labels: { q: 'yes' } } });
    await world.undo(record);
    expect(labels()).toEqual({ q: 'yes' });
  });
});

describe('quarantine', () => {
  test('labels the pod, and goes on where that cannot be', async () => {
    const record = await world.act({ action: 'quarantine', by: 'isolate' });
    expect(record.result).toBe('done');
    expect(labels()).toEqual({ app: 'shop', 'runward.dev/quarantine': 'true' });
    await world.undo(record);
    expect(labels()).toEqual({ app: 'shop' });
    world.cluster.rules = [];
    const again = await world.act({ action: 'quarantine', by: 'isolate' });
    expect(again.result).toBe('done');
    expect(again.notes.join()).toContain('the pod was not labelled: ');
  });
});

describe('what cannot be', () => {
  test.each([
    [{ action: 'cordon' }, '', 'RESPOND_NO_POD'],
    [{ action: 'cordon' }, 'prod/gone', 'RESPOND_VANISHED'],
    [{ action: 'label', set: ['a=b'] }, 'prod/gone', 'RESPOND_VANISHED'],
  ])('%j of %j is %s', async (order, pod, code) => {
    expect((await world.act(order, pod)).error?.code).toBe(code);
  });

  test('is told where the role does not allow it', async () => {
    world.cluster.rules = world.cluster.rules.filter(({ resources }) => !resources.includes('nodes'));
    const { error } = await world.act({ action: 'cordon' });
    expect(error).toMatchObject({
      code: 'RESPOND_DENIED',
      help: expect.stringContaining('responder.yaml') as string,
    });
    expect(error?.message).toContain('nodes "worker-1" is forbidden');
  });

  test('is told without settings', async () => {
    const { act } = responderOf(world.folder, undefined);
    expect((await act({ action: 'cordon' })).error?.code).toBe('RESPOND_NOT_SET_UP');
  });

  test.each([
    [{ action: 'label' }, 'nothing is to be set or removed'],
    [{ action: 'label', set: ['a b=c'] }, 'its key is none that the API takes'],
    [{ action: 'label', set: ['a=b c'] }, 'its value is none that a label takes'],
    [{ action: 'label', set: ['a'] }, 'it has no `=`'],
    [{ action: 'label', set: ['a=b'], remove: ['a'] }, '`a` is named twice'],
    [{ action: 'scale' }, '`scale` needs `replicas`'],
  ] satisfies readonly (readonly [object, string])[])('%j is no order: %s', (order, message) => {
    expect((): Order => orderOf(order)).toThrow(message);
  });
});

describe('who asks the API server', () => {
  test('is the service account of the pod, whose token is read again when it is renewed', async () => {
    expect((await world.act({ action: 'cordon' })).result).toBe('done');
    world.cluster.tokens.delete('token-1');
    world.cluster.tokens.add('token-2');
    expect((await world.act({ action: 'scale', replicas: 1 })).error?.code).toBe('RESPOND_DENIED');
    writeFileSync(join(world.folder, 'token'), 'token-2');
    expect((await world.act({ action: 'scale', replicas: 1 })).result).toBe('done');
  });

  const kubeconfig = (
    user: string,
    cluster = `certificate-authority: ${certificate.cert}, server: "${world.url}"`,
  ) => {
    const path = join(world.folder, 'config');
    writeFileSync(
      path,
      `apiVersion: v1
kind: Config
current-context: it
contexts: [{ name: it, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { ${cluster} } }]
users: [{ name: u, user: { ${user} } }]
`,
    );
    return { ...world.kubernetes, kubeconfig: path };
  };

  test.each([
    ['a token', () => 'token: token-1'],
    ['a file with a token', () => 'tokenFile: token'],
    ['a client certificate', () => `client-certificate: ${client.cert}, client-key: ${client.key}`],
    [
      'a client certificate in it',
      () =>
        `client-certificate-data: ${readFileSync(client.cert, 'base64')}, client-key-data: ${readFileSync(client.key, 'base64')}`,
    ],
  ])('is the user of a kubeconfig with %s', async (_, user) => {
    world.cluster.clients.add('responder');
    const { act } = responderOf(world.folder, kubeconfig(user()));
    expect(await act({ action: 'cordon' })).toMatchObject({ result: 'done' });
  });

  test.each([
    ['exec: { command: aws }', undefined, 'and none is run'],
    ['username: a, password: b', undefined, 'has a password'],
    ['', undefined, 'has neither token nor client certificate'],
    ['token: a', 'insecure-skip-tls-verify: true, server: "https://h"', '`insecure-skip-tls-verify`'],
    ['token: a', 'server: "http://h"', 'has no https address'],
    ['token: a', 'server: "https://h", proxy-url: "http://p"', '`proxy-url`'],
  ])('is none for a kubeconfig with %j and %j: %s', (user, cluster, message) => {
    expect(() => clusterOf(kubeconfig(user, cluster))).toThrow(message);
  });

  test('is nobody when the server cannot be trusted', async () => {
    const other = kubeconfig(
      'token: token-1',
      `certificate-authority: ${client.cert}, server: "${world.url}"`,
    );
    const { act } = responderOf(world.folder, other);
    expect((await act({ action: 'cordon' })).error?.code).toBe('RESPOND_UNREACHABLE');
    expect(world.server.asked).toEqual([]);
  });
});

describe('a token of a service account', () => {
  const tokenOf = (claims: object): string =>
    ['{}', JSON.stringify(claims), 's'].map((part) => Buffer.from(part).toString('base64url')).join('.');
  const revoke = (value: string, pod = SUBJECT.pod) => {
    const settings = {
      name: 'sa',
      credentials: { env: [], files: [], field: [] },
      ca: undefined,
      timeoutMs: 5000,
      attempts: 1,
    };
    const revocation = {
      subject: { ...SUBJECT, pod },
      id: 'r',
      why: '',
      nowMs: 0,
      kubernetes: world.kubernetes,
    };
    return typeOf('kubernetes').revoke(settings, { from: 'file', name: 'token', value }, revocation);
  };
  const bound = (name: string, uid: string) =>
    tokenOf({ 'kubernetes.io': { namespace: 'prod', pod: { name, uid }, serviceaccount: { name: 'shop' } } });

  test('that is bound to its pod ends with it, once', async () => {
    const token = bound('shop-1', world.pod.metadata.uid);
    expect(await revoke(token)).toBe('revoked');
    expect(world.cluster.objects.get(POD)?.metadata.deletionTimestamp).toBeDefined();
    expect(await revoke(token)).toBe('already');
  });

  test('that says it is bound to another pod deletes nothing', async () => {
    world.cluster.put('/api/v1/namespaces/prod/pods/bank-1', { metadata: { uid: 'bank' } });
    await expect(revoke(bound('bank-1', 'bank'))).rejects.toMatchObject({ code: 'RESPOND_REFUSED' });
    expect(await revoke(bound('shop-1', 'another'))).toBe('already');
    expect(world.server.asked.some(({ method }) => method === 'DELETE')).toBe(false);
  });

  test('that lies in a secret ends with the secret, if it is this token and that is allowed', async () => {
    const path = '/api/v1/namespaces/prod/secrets/shop-token';
    const legacy = tokenOf({
      'kubernetes.io/serviceaccount/namespace': 'prod',
      'kubernetes.io/serviceaccount/secret.name': 'shop-token',
    });
    const secret = {
      type: 'kubernetes.io/service-account-token',
      data: { token: Buffer.from(legacy).toString('base64') },
    };
    world.cluster.put(path, secret);
    await expect(revoke(legacy)).rejects.toMatchObject({ code: 'RESPOND_DENIED' });
    world.cluster.rules = rulesIn(MANIFEST, 'runward-legacy-tokens');
    await expect(revoke(legacy, 'other/pod')).rejects.toMatchObject({ code: 'RESPOND_REFUSED' });
    world.cluster.put(path, { type: 'Opaque', data: secret.data });
    await expect(revoke(legacy)).rejects.toMatchObject({ code: 'RESPOND_REFUSED' });
    world.cluster.put(path, { ...secret, data: { token: '' } });
    expect(await revoke(legacy)).toBe('already');
    world.cluster.put(path, secret);
    expect(await revoke(legacy)).toBe('revoked');
    expect(world.cluster.objects.has(path)).toBe(false);
  });

  test.each(['', 'x', 'a.b.c', tokenOf({ sub: 'somebody' })])('that is none is left: %j', async (token) => {
    await expect(revoke(token)).rejects.toMatchObject({ code: 'RESPOND_REFUSED' });
  });
});
