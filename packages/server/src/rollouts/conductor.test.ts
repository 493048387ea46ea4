import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Node } from '../link/book.js';
import { newKeys } from '../link/certificates.js';
import { Pkcs10CertificateRequestGenerator } from '../link/x509.js';
import { EVERYWHERE } from '../people/index.js';
import { origin, record } from '../telemetry/testing/sample.js';
import { TestServer } from '../testing/test-server.js';

/** Roll-outs of a server whose nodes say what a test has them say. */
let server: TestServer;
let headers: Record<string, string>;
let seq = 0;
const nodes: Node[] = [];
beforeAll(async () => {
  server = await TestServer.start();
  headers = await server.bearer([{ role: 'admin', ...EVERYWHERE }]);
  for (const name of ['canary', 'other']) nodes.push(await enrol(name));
}, 60_000);
afterAll(() => server.close(), 60_000);

async function enrol(name: string): Promise<Node> {
  const { registry } = server.link;
  const { text } = registry.createToken({
    cluster: 'shop',
    node: name,
    replace: false,
    by: 'a',
    validMs: 60_000,
  });
  const request = await Pkcs10CertificateRequestGenerator.create({
    ...{ name: 'CN=x', keys: await newKeys(), signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' } },
  });
  await registry.enrol({ token: text, node: name, request: request.toString('pem') });
  return registry.find(name);
}

const ask = (method: 'GET' | 'POST', path: string, body?: unknown) =>
  server.ask(method, path, { headers, ...(body === undefined ? {} : { body }) });
const RULE = (name: string): string =>
  `- rule: ${name}\n  desc: d\n  condition: evt.type = execve and proc.name = x\n  output: o\n  priority: WARNING\n`;

/** Approved, and begun on the canary; its path. */
async function begun(name: string): Promise<{ readonly at: string; readonly id: string }> {
  const made = await ask('POST', '/documents', { kind: 'rules', name, text: RULE(name) });
  const { id } = made.body.document as { id: string };
  const at = `/documents/${id}`;
  await ask('POST', `${at}/versions/1/submit`);
  await ask('POST', `${at}/versions/1/approve`, {});
  const plan = { stages: [{ nodes: ['canary'], soakMs: 0 }], thresholds: { denials: 5 } };
  expect((await ask('POST', `${at}/rollouts`, { version: 1, plan })).status).toBe(201);
  return { at, id };
}
const say = (node: Node | undefined, id: string, state: 'in-force' | 'failed', why = '') =>
  node &&
  server.governing.source.report(node, {
    bundle: 1,
    documents: [{ id, version: 1, state, holds: null, why }],
  });
function tell(node: Node | undefined, kind: 'verdict' | 'gap', body: object = {}, skewMs = 0) {
  seq += 1;
  return server.link.telemetry.append(
    origin({ nodeId: node?.id ?? '', node: node?.name ?? '', cluster: node?.cluster ?? '', skewMs }),
    [record(seq, { kind, timeMs: Date.now() + skewMs, body: { ...body } })],
  );
}
const look = () => server.governing.conductor.look();
const last = async (at: string) => ((await ask('GET', `${at}/rollouts`)).body as unknown as object[])[0];
const wantedBy = async (at: string) =>
  (
    (await ask('GET', `${at}/nodes`)).body as unknown as { node: { name: string }; wanted: number | null }[]
  ).map(({ node, wanted }) => `${node.name} ${wanted}`);

test('a roll-out goes on stage by stage, each once it is held, and ends in force', async () => {
  const { at, id } = await begun('good');
  expect(await wantedBy(at)).toEqual(['canary 1', 'other null']);
  await look();
  expect(await last(at)).toMatchObject({ stage: 0, heldAt: null });
  await say(nodes[0], id, 'in-force');
  await look();
  expect(await last(at)).toMatchObject({ stage: 0, heldAt: expect.any(Number) });
  await look();
  expect(await last(at)).toMatchObject({ stage: 1, heldAt: null, state: 'running' });
  expect(await wantedBy(at)).toEqual(['canary 1', 'other 1']);
  await look();
  await look();
  expect(await last(at)).toMatchObject({ state: 'done', why: '' });
  expect((await ask('GET', at)).body).toMatchObject({ inForce: 1, latest: { state: 'in-force' } });
});

test('denials of the canary that rise take it back; a summary counts as many as it stands for', async () => {
  const { at, id } = await begun('denying');
  await say(nodes[0], id, 'in-force');
  await tell(nodes[0], 'verdict');
  await tell(nodes[1], 'verdict', { count: 100 }); // of a node it has not reached
  await look();
  expect(await last(at)).toMatchObject({ state: 'running' });
  await tell(nodes[0], 'verdict', { count: 6 }, -60_000); // its clock is behind, which the server knows
  await look();
  expect(await last(at)).toMatchObject({
    state: 'rolled-back',
    why: 'node `canary` had 6 denials more than in the same time before, 5 were allowed',
  });
  expect(await wantedBy(at)).toEqual(['canary null', 'other null']);
  const { items } = (await ask('GET', '/changes?limit=1')).body as { items: unknown[] };
  expect(items).toMatchObject([{ action: 'rollBackByItself', who: null, after: { state: 'rolled-back' } }]);
});

test('a node that refuses it takes it back, with its reason', async () => {
  const { at, id } = await begun('refused');
  await say(nodes[0], id, 'failed', 'a.yaml:1:1: no');
  await look();
  expect(await last(at)).toMatchObject({
    state: 'rolled-back',
    why: 'node `canary` refused it: a.yaml:1:1: no; 1 errors, 0 were allowed',
  });
});

test('a canary that loses records takes it back', async () => {
  const { at, id } = await begun('losing');
  await say(nodes[0], id, 'in-force');
  await tell(nodes[0], 'gap');
  await look();
  expect(await last(at)).toMatchObject({
    state: 'rolled-back',
    why: expect.stringMatching(/^node `canary` lost records/),
  });
});
