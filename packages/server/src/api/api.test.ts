import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERYWHERE } from '../people/index.js';
import { TestServer } from '../testing/test-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
}, 60_000);
afterAll(() => server.close(), 60_000);

describe('signing in', () => {
  it('gives a cookie that pages of other sites neither read nor use', async () => {
    const { answer, cookie } = await server.signIn();
    expect(answer.status).toBe(201);
    for (const word of ['__Host-', 'HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/'])
      expect(cookie).toContain(word);
    expect(JSON.stringify(answer.body)).not.toContain('scrypt');
  });

  it('says the same for a name that is none and for a wrong password', async () => {
    const wrong = await server.ask('POST', '/session', { body: { name: 'admin', password: 'no' } });
    const none = await server.ask('POST', '/session', { body: { name: 'nobody', password: 'no' } });
    expect(wrong.status).toBe(401);
    expect(wrong.body).toEqual(none.body);
  });

  it('has who guesses wait, by name', async () => {
    const guess = (name: string) => server.ask('POST', '/session', { body: { name, password: 'guess' } });
    for (let i = 0; i < 5; i += 1) expect((await guess('victim')).status).toBe(401);
    // The first wait is a second, which a busy machine may take for the guess itself; each is twice as long.
    let refused = await guess('victim');
    for (let i = 0; i < 5 && refused.status === 401; i += 1) refused = await guess('victim');
    expect(refused).toMatchObject({ status: 429, body: { code: 'SERVER_TOO_OFTEN' } });
    expect((await guess('other')).status).toBe(401);
  });

  it('changes nothing for a request that brings the cookie alone', async () => {
    const { cookies, headers } = await server.signIn();
    const body = { name: 'forged', displayName: 'F', grants: [], password: 'a long enough password' };
    const forged = await server.ask('POST', '/people', { body, cookies });
    expect(forged).toMatchObject({ status: 403, body: { code: 'SERVER_FORGED' } });
    const wrong = await server.ask('POST', '/people', {
      body,
      cookies,
      headers: { 'x-runward-page': 'x'.repeat(43) },
    });
    expect(wrong.status).toBe(403);
    expect((await server.ask('POST', '/people', { body, cookies, headers })).status).toBe(201);
  });

  it('ends with the session, and a session ends with a new password', async () => {
    const { cookies, headers } = await server.signIn();
    expect((await server.ask('GET', '/session', { cookies })).status).toBe(200);
    expect((await server.ask('DELETE', '/session', { cookies, headers })).status).toBe(204);
    expect((await server.ask('GET', '/session', { cookies })).status).toBe(401);
  });

  it('asks for a new password where somebody else has set it, before anything else', async () => {
    const admin = await server.role('admin');
    const password = 'set by the admin';
    await server.ask('POST', '/people', {
      body: { name: 'fresh', displayName: 'F', grants: [{ role: 'viewer' }], password },
      headers: admin,
    });
    const { cookies, headers } = await server.signIn('fresh', password);
    expect((await server.ask('GET', '/roles', { cookies })).status).toBe(403);
    const changed = await server.ask('PUT', '/session/password', {
      ...{ cookies, headers, body: { current: password, password: 'chosen by herself' } },
    });
    expect(changed.status).toBe(204);
    expect((await server.ask('GET', '/session', { cookies })).status).toBe(401);
    const again = await server.signIn('fresh', 'chosen by herself');
    expect((await server.ask('GET', '/roles', { cookies: again.cookies })).status).toBe(200);
  });
});

describe('what may be given', () => {
  it('never goes beyond what one has', async () => {
    const some = { ...EVERYWHERE, cluster: 'prod' };
    const manager = await server.bearer([{ role: 'admin', ...some }]);
    const body = { name: 'x', days: 1, grants: [{ role: 'admin', ...EVERYWHERE }] };
    expect((await server.ask('POST', '/tokens', { body, headers: manager })).status).toBe(403);
    const within = { ...body, grants: [{ role: 'viewer', ...some, namespace: 'shop' }] };
    expect((await server.ask('POST', '/tokens', { body: within, headers: manager })).status).toBe(201);
    // Accounts belong to no cluster.
    expect((await server.ask('GET', '/people', { headers: manager })).status).toBe(403);
  });

  it('is taken from a token when it is taken from its owner', async () => {
    const headers = await server.bearer([{ role: 'admin', ...EVERYWHERE }], 'demoted');
    expect((await server.ask('GET', '/people', { headers })).status).toBe(200);
    const { body } = await server.ask('GET', '/session', { headers });
    const { id } = body.person as { id: string };
    await server.people.change(id, { grants: [{ role: 'viewer', ...EVERYWHERE }] });
    expect((await server.ask('GET', '/people', { headers })).status).toBe(403);
    await server.people.change(id, { disabled: true });
    expect((await server.ask('GET', '/session', { headers })).status).toBe(401);
  });

  it('leaves somebody who may manage accounts', async () => {
    const other = await TestServer.start();
    const { cookies, headers, answer } = await other.signIn();
    const { id } = answer.body.person as { id: string };
    for (const [method, path, body] of [
      ['DELETE', `/people/${id}`, undefined],
      ['PATCH', `/people/${id}`, { disabled: true }],
      ['PATCH', `/people/${id}`, { grants: [{ role: 'admin', cluster: 'one' }] }],
    ] as const)
      expect(await other.ask(method, path, { body, cookies, headers })).toMatchObject({
        ...{ status: 409, body: { code: 'SERVER_CONFLICT', help: expect.stringContaining('admin') } },
      });
    await other.close();
  });
});

describe('a request that is made again with its key', () => {
  const body = (name: string) => ({
    name,
    displayName: name,
    grants: [],
    password: 'a long enough password',
  });

  it('is done once and answered the same', async () => {
    const headers = { ...(await server.role('admin')), 'idempotency-key': 'one' };
    const first = await server.ask('POST', '/people', { body: body('once'), headers });
    const second = await server.ask('POST', '/people', { body: body('once'), headers });
    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 201, body: first.body });
    const another = await server.ask('POST', '/people', { body: body('twice'), headers });
    expect(another).toMatchObject({ status: 409, body: { code: 'SERVER_CONFLICT' } });
  });

  it('does not keep a secret to tell it again', async () => {
    const headers = { ...(await server.role('viewer')), 'idempotency-key': 'token' };
    const wanted = { name: 't', days: 1, grants: [{ role: 'viewer' }] };
    expect((await server.ask('POST', '/tokens', { body: wanted, headers })).status).toBe(201);
    const again = await server.ask('POST', '/tokens', { body: wanted, headers });
    expect(again).toMatchObject({ status: 409, body: { detail: expect.stringContaining('told once') } });
  });
});

describe('an answer that is refused', () => {
  it('names all that is wrong and where, and nothing of the machine', async () => {
    const headers = await server.role('admin');
    const answer = await server.ask('POST', '/people', {
      headers,
      body: { name: 'A b', displayName: '', grants: [{ role: 'king' }], password: 'short', more: 1 },
    });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    const places = (answer.body.faults as { at: string }[]).map(({ at }) => at);
    expect(places).toEqual(
      expect.arrayContaining([
        'body.name',
        'body.displayName',
        'body.grants.0.role',
        'body.password',
        'body',
      ]),
    );
  });

  it('is given for what is no JSON, too large, or nowhere', async () => {
    const headers = await server.role('admin');
    const raw = (payload: string, type: string) =>
      server.app.inject({
        ...{ method: 'POST', url: '/api/v1/people', payload, headers: { ...headers, 'content-type': type } },
      });
    expect((await raw('{', 'application/json')).statusCode).toBe(400);
    expect((await raw('<a/>', 'text/xml')).statusCode).toBe(400);
    expect((await raw(`"${'x'.repeat(2_000_000)}"`, 'application/json')).statusCode).toBe(413);
    expect((await server.ask('GET', '/nowhere')).status).toBe(404);
    expect(await raw('{"__proto__":{"a":1}}', 'application/json')).toMatchObject({ statusCode: 400 });
  });

  it('comes soon for an address that asks too often', async () => {
    const busy = await TestServer.start({ perMinute: 3 });
    for (let i = 0; i < 3; i += 1) await busy.ask('GET', '/session');
    expect(await busy.ask('GET', '/session')).toMatchObject({
      status: 429,
      body: { code: 'SERVER_TOO_OFTEN' },
    });
    await busy.close();
  });
});

it('puts every change on record with who made it, as it was and as it is, and no secret', async () => {
  const headers = await server.role('admin');
  const password = 'the password of the record';
  const made = await server.ask('POST', '/people', {
    ...{ headers, body: { name: 'recorded', displayName: 'R', grants: [], password } },
  });
  const id = String(made.body.id);
  await server.ask('PATCH', `/people/${id}`, { headers, body: { displayName: 'Renamed' } });
  await server.ask('DELETE', `/people/${id}`, { headers });
  const { body } = await server.ask('GET', '/changes?limit=3', { headers });
  expect(body.items).toMatchObject([
    { action: 'removePerson', target: `people/${id}`, before: { displayName: 'Renamed' }, after: null },
    { action: 'changePerson', before: { displayName: 'R' }, after: { displayName: 'Renamed' } },
    { action: 'createPerson', who: { through: expect.stringMatching(/^token /) }, before: null },
  ]);
  expect(JSON.stringify(body)).not.toContain(password);
  await server.signIn();
  const latest = await server.ask('GET', '/changes?limit=1', { headers });
  expect(latest.body.items).toMatchObject([
    {
      action: 'signIn',
      who: { name: 'admin', through: 'password', address: expect.stringMatching(/127\.0\.0\.1|::1/) },
    },
  ]);
  const next = await server.ask('GET', `/changes?limit=3&cursor=${String(body.next)}`, { headers });
  const [last] = (body.items as { seq: number }[]).slice(-1);
  expect((next.body.items as { seq: number }[])[0]?.seq).toBeLessThan(last?.seq ?? 0);
});
