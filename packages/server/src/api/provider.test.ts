import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVERYWHERE } from '../people/index.js';
import { CLIENT, TestProvider } from '../testing/oidc-provider.js';
import { certificate, TestServer } from '../testing/test-server.js';

const ADDRESS = 'https://runward.test';
let provider: TestProvider;
let server: TestServer;
beforeAll(async () => {
  provider = await TestProvider.start(certificate(), `${ADDRESS}/api/v1/session/provider/callback`);
  server = await TestServer.start({
    provider: {
      ...{ name: 'Example', issuer: provider.issuer, ...CLIENT, address: ADDRESS, ca: certificate().cert },
      ...{ scopes: ['profile'], groupsClaim: 'groups' },
      groups: {
        responders: [{ role: 'responder', ...EVERYWHERE, cluster: 'prod' }],
        'platform-admins': [{ role: 'admin', ...EVERYWHERE }],
      },
    },
  });
}, 60_000);
afterAll(async () => {
  await server.close();
  await provider.close();
}, 60_000);

/** As a browser goes from redirection to redirection at the provider, up to the one that leads back to us. */
async function throughProvider(url: string): Promise<URL> {
  const cookies = new Map<string, string>();
  for (let at = new URL(url), steps = 0; steps < 10; steps += 1) {
    const location = await new Promise<string>((resolve, reject) => {
      const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
      request(at, { ca: certificate().cert, headers }, (answer) => {
        for (const cookie of answer.headers['set-cookie'] ?? []) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
          cookies.set(name, value);
        }
        answer.resume();
        answer.on('end', () => resolve(answer.headers.location ?? ''));
      })
        .on('error', reject)
        .end();
    });
    at = new URL(location, at);
    if (at.origin === ADDRESS) return at;
  }
  throw new Error('the provider leads nowhere');
}

async function begin() {
  const begun = await server.ask('POST', '/session/provider');
  const [cookie = ''] = [begun.headers['set-cookie']].flat().map(String);
  const browser = /__Host-runward-sign-in=([^;]*)/.exec(cookie)?.[1] ?? '';
  return { url: String(begun.body.url), cookies: { '__Host-runward-sign-in': browser } };
}

async function signIn() {
  const { url, cookies } = await begin();
  const back = await throughProvider(url);
  return server.ask('GET', `/session/provider/callback${back.search}`, { cookies });
}

describe('signing in through an identity provider', () => {
  it('makes an account at the first time, with what the groups may, and takes it away with them', async () => {
    provider.claims = { name: 'Alice', groups: ['responders', 'others'] };
    const first = await signIn();
    expect(first).toMatchObject({ status: 303, headers: { location: '/' } });
    const session =
      /__Host-runward=([^;]+)/.exec(String([first.headers['set-cookie']].flat().join('\n')))?.[1] ?? '';
    const me = await server.ask('GET', '/session', { cookies: { '__Host-runward': session } });
    expect(me.body.person).toMatchObject({
      ...{ name: 'alice', displayName: 'Alice', mustChangePassword: false },
      grants: [{ role: 'responder', cluster: 'prod' }],
    });
    provider.claims = { name: 'Alice', groups: ['platform-admins'] };
    expect((await signIn()).status).toBe(303);
    const again = await server.ask('GET', '/session', { cookies: { '__Host-runward': session } });
    expect(again.body.person).toMatchObject({ grants: [{ role: 'admin', cluster: '*' }] });
  });

  it('lets nobody in whose groups may nothing', async () => {
    provider.claims = { groups: ['others'] };
    expect(await signIn()).toMatchObject({ status: 403, body: { code: 'SERVER_NOT_ALLOWED' } });
  });

  it('never takes over an account with a password', async () => {
    provider.claims = { preferred_username: 'admin', groups: ['platform-admins'] };
    provider.account = 'mallory';
    expect(await signIn()).toMatchObject({ status: 409, body: { code: 'SERVER_CONFLICT' } });
    provider.account = 'alice';
  });

  it('ends in the browser that began, once, and with the code of the provider', async () => {
    provider.claims = { groups: ['platform-admins'] };
    const { url, cookies } = await begin();
    const back = await throughProvider(url);
    const path = `/session/provider/callback${back.search}`;
    expect((await server.ask('GET', path, { cookies: { '__Host-runward-sign-in': 'other' } })).status).toBe(
      401,
    );
    const forged = path.replace(/code=[^&]*/, 'code=forged');
    expect(await server.ask('GET', forged, { cookies })).toMatchObject({
      status: 502,
      body: { code: 'SERVER_PROVIDER' },
    });
    // The beginning is used up, whoever comes with the right code now.
    expect((await server.ask('GET', path, { cookies })).status).toBe(401);
  });
});

it('is not offered where no provider is set up', async () => {
  const plain = await TestServer.start();
  expect(await plain.ask('GET', '/session/ways')).toMatchObject({ body: { password: true, provider: null } });
  expect((await plain.ask('POST', '/session/provider')).status).toBe(404);
  await plain.close();
});
