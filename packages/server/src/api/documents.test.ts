import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERYWHERE, type Grant, type Role } from '../people/index.js';
import { TestServer } from '../testing/test-server.js';

const RULE = (name: string): string =>
  `- rule: ${name}\n  desc: d\n  condition: evt.type = execve and proc.name = x\n  output: o\n  priority: WARNING\n`;
const POLICY = (namespaces: string): string => `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: web }
spec:
  selector: { ${namespaces} }
  capabilities: { mode: protect, default: allow, deny: [NET_RAW] }
`;

let server: TestServer;
const headers = new Map<string, Record<string, string>>();
const grantsOf = (...roles: readonly Role[]): readonly Grant[] =>
  roles.map((role) => ({ role, ...EVERYWHERE }));
beforeAll(async () => {
  server = await TestServer.start({ fourEyes: true });
  for (const role of ['viewer', 'author', 'approver', 'admin'] as const)
    headers.set(role, await server.bearer(grantsOf(role)));
  headers.set('both', await server.bearer(grantsOf('author', 'approver')));
  const shop = { cluster: 'prod', namespace: 'shop', workload: '*' };
  headers.set(
    'shop',
    await server.bearer([
      { role: 'author', ...shop },
      { role: 'approver', ...shop },
    ]),
  );
  headers.set('dev', await server.bearer([{ role: 'admin', cluster: 'dev', namespace: '*', workload: '*' }]));
}, 60_000);
afterAll(() => server.close(), 60_000);

type Method = Parameters<TestServer['ask']>[0];
const as = (who: string, method: Method, path: string, body?: unknown) =>
  server.ask(method, path, { headers: headers.get(who) ?? {}, ...(body === undefined ? {} : { body }) });

let made = 0;
async function document(who = 'author', more: object = {}): Promise<string> {
  made += 1;
  const { status, body } = await as(who, 'POST', '/documents', {
    ...{ kind: 'rules', name: `doc-${made}`, text: RULE(`r${made}`), ...more },
  });
  expect([status, body]).toEqual([201, expect.objectContaining({ warnings: expect.anything() })]);
  return (body.document as { id: string }).id;
}
const approve = async (id: string, number = 1): Promise<void> => {
  expect((await as('author', 'POST', `/documents/${id}/versions/${number}/submit`)).status).toBe(200);
  expect((await as('approver', 'POST', `/documents/${id}/versions/${number}/approve`, {})).status).toBe(200);
};

describe('a document', () => {
  it('goes from draft to approved, each step on record with its digest', async () => {
    const id = await document();
    const at = `/documents/${id}`;
    expect((await as('viewer', 'GET', `${at}/versions/1`)).body).toMatchObject({
      state: 'draft',
      decision: null,
    });
    expect((await as('approver', 'POST', `${at}/versions/1/approve`, {})).body).toMatchObject({
      detail: 'version 1 is `draft` and cannot be approved',
      help: 'submit it first',
    });
    await approve(id);
    const { body } = await as('viewer', 'GET', `${at}/versions/1`);
    expect(body).toMatchObject({ state: 'approved', text: expect.stringContaining('rule: r') });
    const changes = (await as('admin', 'GET', '/changes')).body.items as { action: string; after: unknown }[];
    expect(changes.slice(0, 3).map(({ action }) => action)).toEqual([
      'approveVersion',
      'submitVersion',
      'createDocument',
    ]);
    expect(changes[0]?.after).toMatchObject({ state: 'approved', sha256: body.digest });
    expect(JSON.stringify(changes.slice(0, 3))).not.toContain('condition');
  });

  it.each([
    [
      'rules',
      '- rule: x\n  desc: d\n  condition: evt.typ = execve\n  output: o\n  priority: INFO\n',
      /^bad\.yaml:3:14: unknown field/,
    ],
    ['policy', POLICY('namespace: [a]'), /^bad\.yaml:5:\d+: /],
    ['playbook', 'kind: Nonsense\n', /^bad\.yaml:1:\d+: /],
    ['drill', 'id: 4\n', /^bad\.yaml:1:\d+: /],
    ['rules', ' \n', /^bad\.yaml:1:1: the document is empty/],
  ])('of the kind %s with an error is refused with its place', async (kind, text, place) => {
    const { status, body } = await as('author', 'POST', '/documents', { kind, name: 'bad', text });
    expect([status, body.code]).toEqual([422, 'SERVER_DOCUMENT_INVALID']);
    expect(body.detail).toMatch(place);
    expect(body.faults).toEqual(expect.arrayContaining([{ at: expect.stringMatching(/^bad\.yaml:\d+:\d+$/), message: expect.any(String) }])); // biome-ignore format: one line
    const checked = await as('author', 'POST', '/documents/check', { kind, name: 'bad', text });
    expect(checked.body).toEqual(expect.arrayContaining([expect.objectContaining({ severity: 'error' })]));
  });

  it('keeps every version, says what differs, and takes no text twice', async () => {
    const id = await document();
    const at = `/documents/${id}`;
    const text = RULE('another');
    expect((await as('author', 'POST', `${at}/versions`, { text, note: 'better' })).body).toMatchObject({
      version: { number: 2, state: 'draft', note: 'better' },
    });
    expect((await as('author', 'POST', `${at}/versions`, { text })).status).toBe(409);
    const { lines } = (await as('viewer', 'GET', `${at}/diff?from=1&to=2`)).body as {
      lines: { change: string; text: string }[];
    };
    expect(lines.filter(({ change }) => change !== 'same').map(({ change }) => change)).toEqual([
      'removed',
      'added',
    ]);
    const first = await as('viewer', 'GET', `${at}/versions?limit=1`);
    expect(first.body.items).toMatchObject([{ number: 2 }]);
    const rest = await as('viewer', 'GET', `${at}/versions?limit=1&cursor=${first.body.next}`);
    expect([rest.body.items, rest.body.next]).toEqual([[expect.objectContaining({ number: 1 })], null]);
    expect((await as('viewer', 'GET', `${at}/versions/3`)).status).toBe(404);
  });

  it('is approved by somebody else than its author where four eyes are asked for', async () => {
    const id = await document('both');
    await as('both', 'POST', `/documents/${id}/versions/1/submit`);
    const refused = await as('both', 'POST', `/documents/${id}/versions/1/approve`, {});
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      'nobody approves here what they wrote themselves',
    ]);
    expect((await as('approver', 'POST', `/documents/${id}/versions/1/approve`, {})).status).toBe(200);
  });

  it('is written by authors and approved by approvers, in their scopes', async () => {
    const id = await document();
    const at = `/documents/${id}`;
    expect((await as('viewer', 'POST', `${at}/versions`, { text: 'x' })).status).toBe(403);
    expect((await as('author', 'POST', `${at}/versions/1/approve`, {})).status).toBe(403);
    expect((await as('author', 'POST', `${at}/rollouts`, { version: 1 })).status).toBe(403);
    // Of the namespace of a cluster: sees it, since it holds there too, and changes nothing.
    expect((await as('shop', 'GET', at)).status).toBe(200);
    expect((await as('shop', 'POST', `${at}/versions`, { text: RULE('x') })).status).toBe(403);
    const own = await document('shop', {
      ...{ kind: 'policy', cluster: 'prod', namespace: 'shop', text: POLICY('namespaces: [shop]') },
    });
    expect((await as('dev', 'GET', `/documents/${own}`)).status).toBe(404);
    const listed = (await as('dev', 'GET', '/documents?limit=500')).body.items as { id: string }[];
    expect(listed.map((each) => each.id)).not.toContain(own);
    // Nobody reaches further by what a text says than by where it holds.
    for (const [more, says] of [
      [
        { kind: 'policy', text: POLICY('namespaces: [shop, bank]') },
        /selects more than the namespace `shop`/,
      ],
      [{ kind: 'policy', text: POLICY('podLabels: {app: web}') }, /selects more than the namespace `shop`/],
      [{ kind: 'rules', text: RULE('x') }, /holds for whole nodes/],
    ] as const) {
      const body = { name: 'wide', cluster: 'prod', namespace: 'shop', ...more };
      expect((await as('shop', 'POST', '/documents', body)).body.detail).toMatch(says);
      expect((await as('shop', 'POST', '/documents', { ...body, namespace: '*' })).status).toBe(403);
    }
  });
});

describe('a roll-out', () => {
  it('begins with what is approved, says what it waits for, and ends by hand', async () => {
    const id = await document();
    const at = `/documents/${id}`;
    const refused = await as('approver', 'POST', `${at}/rollouts`, { version: 1 });
    expect(refused.body.detail).toBe('version 1 is `draft` and cannot be rolled out');
    await approve(id);
    const unknown = await as('approver', 'POST', `${at}/rollouts`, {
      version: 1,
      plan: { stages: [{ nodes: ['nobody'], soakMs: 0 }] },
    });
    expect([unknown.status, unknown.body.detail]).toEqual([400, 'the document is for no node `nobody`']);
    const begun = await as('approver', 'POST', `${at}/rollouts`, { version: 1 });
    expect(begun.body).toMatchObject({
      ...{ state: 'running', stage: 0, former: null },
      plan: { stages: [{ percent: 10 }, { percent: 100 }], thresholds: { denials: 10, errors: 0 } },
    });
    await server.governing.conductor.look();
    expect((await as('viewer', 'GET', `${at}/rollout`)).body).toMatchObject({
      next: 'wait',
      why: 'a node of the stage to be there',
    });
    const back = await as('approver', 'POST', `${at}/rollback`, { why: 'not today' });
    expect(back.body).toEqual({ from: 1, to: null });
    expect((await as('viewer', 'GET', `${at}/rollouts`)).body).toMatchObject([
      { state: 'rolled-back', why: expect.stringMatching(/^not today \(/) },
    ]);
    expect((await as('viewer', 'GET', `${at}/versions/1`)).body.state).toBe('rolled-back');
    expect((await as('approver', 'POST', `${at}/withdraw`, { why: 'x' })).body.detail).toBe(
      'no version of the document is in force',
    );
  });

  it.each([
    [{ stages: [{ soakMs: 0 }] }],
    [{ stages: [{ percent: 0, soakMs: 0 }] }],
    [{ stages: [{ percent: 5, nodes: ['a'], soakMs: 0 }] }],
    [{ stages: [{ percent: 5, soakMs: -1 }] }],
    [{ thresholds: { denials: -1 } }],
    [{ unknown: 1 }],
  ])('with the plan %j is refused', async (plan) => {
    const id = await document();
    expect((await as('approver', 'POST', `/documents/${id}/rollouts`, { version: 1, plan })).status).toBe(
      400,
    );
  });
});

it('a cluster is of an environment, as whoever manages it says', async () => {
  expect((await as('author', 'PUT', '/clusters/prod', { environment: 'prod' })).status).toBe(403);
  expect((await as('dev', 'PUT', '/clusters/prod', { environment: 'prod' })).status).toBe(403);
  expect((await as('admin', 'PUT', '/clusters/prod', { environment: 'prod' })).status).toBe(204);
  expect((await as('dev', 'PUT', '/clusters/dev', { environment: 'test' })).status).toBe(204);
  const { body } = await as('dev', 'GET', '/clusters');
  expect(body).toEqual([{ name: 'dev', environment: 'test', nodes: 0 }]);
  expect((await as('admin', 'GET', '/clusters')).body).toHaveLength(2);
});
