import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RespondError } from '../error.js';
import { readResponseSettings } from '../settings/read-settings.js';
import { IamServer } from '../testing/iam-server.js';
import { CLIENT, oauthListener } from '../testing/oauth-server.js';
import { type Certificate, makeCertificate, TlsServer, type Told } from '../testing/tls-server.js';
import { VaultServer } from '../testing/vault-server.js';
import { POLICY_NAME } from './aws.js';
import { typeOf } from './table.js';

let certificate: Certificate;
const running: TlsServer[] = [];
beforeAll(() => {
  certificate = makeCertificate();
});
afterAll(() => certificate.remove());
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

type Answer = ConstructorParameters<typeof TlsServer>[1];
async function serve(answer: Answer): Promise<{ readonly url: string; readonly server: TlsServer }> {
  const server = new TlsServer(certificate, answer);
  running.push(server);
  return { server, url: await server.listen() };
}

function secretFile(name: string, text: string): string {
  const path = join(certificate.folder, name);
  writeFileSync(path, `${text}\n`);
  return path;
}

const SUBJECT = { id: 'c1', name: 'web', runtime: 'runc', pod: '', pids: [] };
const revocation = {
  subject: SUBJECT,
  id: 'r1',
  why: 'a test',
  nowMs: Date.UTC(2026, 0, 5, 10),
  kubernetes: undefined,
};

/** By the settings as somebody writes them. */
function revoker(type: string, lines: readonly string[], timeout = '15s') {
  const text = [
    'apiVersion: runward.dev/v1alpha1',
    'kind: ResponseSettings',
    'metadata: { name: node }',
    'spec:',
    '  revokers:',
    `    - ${type}:`,
    ...[
      'name: it',
      `ca: ${certificate.cert}`,
      'credentials: { env: [TOKEN] }',
      `timeout: ${timeout}`,
      ...lines,
    ].map((line) => `        ${line}`),
  ].join('\n');
  const { settings, diagnostics } = readResponseSettings({ name: 's.yaml', text });
  expect(diagnostics).toEqual([]);
  const [found] = settings?.revokers ?? [];
  if (found === undefined) throw new Error('there is no revoker');
  return (value: string) =>
    typeOf(found.type).revoke(found.settings, { from: 'env', name: 'TOKEN', value }, revocation);
}

const failure = (work: Promise<unknown>): Promise<RespondError> =>
  work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: RespondError) => error,
  );

async function form(url: string, fields: Readonly<Record<string, string>>): Promise<unknown> {
  const body = new URLSearchParams(fields).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
  };
  const encoded = [CLIENT.id, CLIENT.secret].map((each) =>
    new URLSearchParams({ a: each }).toString().slice(2),
  );
  const authorization = `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
  return new Promise((resolve, reject) => {
    const ca = readFileSync(certificate.cert);
    const asking = request(url, { method: 'POST', ca, headers: { ...headers, authorization } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.once('end', () => resolve(JSON.parse(text)));
    });
    asking.once('error', reject).end(body);
  });
}

describe('by RFC 7009, at an authorization server', () => {
  async function idp(auth: 'basic' | 'post') {
    let listener: RequestListener = () => undefined;
    const { url } = await serve((req: Parameters<RequestListener>[0], res: Parameters<RequestListener>[1]) =>
      listener(req, res),
    );
    listener = await oauthListener(url, auth);
    return url;
  }

  test('a token is not active any more, and revoking it again is no error', async () => {
    const url = await idp('basic');
    const { access_token: token } = (await form(`${url}/token`, { grant_type: 'client_credentials' })) as {
      readonly access_token: string;
    };
    const active = () => form(`${url}/token/introspection`, { token });
    expect(await active()).toMatchObject({ active: true });
    const secret = secretFile('client', CLIENT.secret);
    const revoke = revoker('oauth', [
      ...[`url: ${url}/token/revocation`, `clientId: ${CLIENT.id}`, `clientSecret: { file: ${secret} }`],
      'hint: access_token',
    ]);
    expect(await revoke(token)).toBe('revoked');
    expect(await active()).toEqual({ active: false });
    expect(await revoke(token)).toBe('revoked');
  });

  test('the client may say who it is in the body', async () => {
    const url = await idp('post');
    const secret = secretFile('client', CLIENT.secret);
    const revoke = revoker('oauth', [
      ...[`url: ${url}/token/revocation`, `clientId: ${CLIENT.id}`, `clientSecret: { file: ${secret} }`],
      'auth: post',
    ]);
    expect(await revoke('unknown')).toBe('revoked');
  });

  test('a client with the wrong secret is refused, and neither secret is told', async () => {
    const url = await idp('basic');
    const secret = secretFile('client', 'wrong-one');
    const revoke = revoker('oauth', [
      ...[`url: ${url}/token/revocation`, `clientId: ${CLIENT.id}`, `clientSecret: { file: ${secret} }`],
    ]);
    const error = await failure(revoke('the-token'));
    expect(error).toMatchObject({
      code: 'RESPOND_REFUSED',
      message: 'the revoker `it` answered 401: invalid_client',
    });
    expect(JSON.stringify([error.message, error.help])).not.toMatch(/wrong-one|the-token/);
  });
});

describe('by Vault', () => {
  const world = async () => {
    const vault = new VaultServer();
    vault.operators.add('agent-token');
    const { url, server } = await serve(vault.answer);
    const token = `token: { file: ${secretFile('vault', 'agent-token')} }`;
    return {
      vault,
      server,
      by: (lines: readonly string[]) => revoker('vault', [`url: ${url}`, ...lines]),
      token,
    };
  };

  test('a lease ends, if it begins as the settings say; another is left alone', async () => {
    const { vault, by, token } = await world();
    vault.leases.add('database/creds/shop/abc').add('database/creds/bank/abc');
    const revoke = by(['kind: lease', token, 'prefix: database/creds/shop/']);
    expect(await revoke('database/creds/shop/abc')).toBe('revoked');
    const error = await failure(revoke('database/creds/bank/abc'));
    expect(error.code).toBe('RESPOND_REFUSED');
    await failure(revoke('database/creds/shop/../bank/abc'));
    expect([...vault.leases]).toEqual(['database/creds/bank/abc']);
  });

  test.each([
    ['token', 'hvs.t1'],
    ['accessor', 'a1'],
    ['self', 'hvs.t1'],
  ])('what was found is a %s: the token ends, and is known to be gone afterwards', async (kind, value) => {
    const { vault, by, token } = await world();
    vault.tokens.set('hvs.t1', 'a1');
    const revoke = by([`kind: ${kind}`, ...(kind === 'self' ? [] : [token])]);
    expect(await revoke(value)).toBe('revoked');
    expect(vault.tokens.size).toBe(0);
    expect(await revoke(value)).toBe('already');
  });

  test('a sealed one is asked again, and given up on when it stays so', async () => {
    const { vault, by, token, server } = await world();
    vault.tokens.set('hvs.t1', 'a1');
    vault.sealedFor = 2;
    const revoke = by(['kind: token', token]);
    expect(await revoke('hvs.t1')).toBe('revoked');
    expect(server.asked).toHaveLength(3);
    vault.sealedFor = 9;
    expect(await failure(revoke('hvs.t1'))).toMatchObject({
      code: 'RESPOND_UNREACHABLE',
      message: 'the revoker `it` answered 503: Vault is sealed',
    });
  });

  test('a token of the agent that is not valid is an error, not a credential that is gone', async () => {
    const { vault, by } = await world();
    vault.operators.clear();
    const revoke = by(['kind: token', `token: { file: ${secretFile('vault', 'agent-token')} }`]);
    expect((await failure(revoke('hvs.t1'))).code).toBe('RESPOND_REFUSED');
  });

  test('what no header can hold is not sent', async () => {
    const { by, server } = await world();
    expect((await failure(by(['kind: self'])('a\r\nX-Other: 1'))).code).toBe('RESPOND_REFUSED');
    expect(server.asked).toEqual([]);
  });
});

describe('by IAM', () => {
  const keys = new Map([['AKIDEXAMPLE', 'a/secret+key']]);
  const lines = (url: string, secret: string) => [
    ...[`url: ${url}/`, 'role: shop', `accessKeyId: { file: ${secretFile('aws-id', 'AKIDEXAMPLE')} }`],
    `secretAccessKey: { file: ${secretFile('aws-key', secret)} }`,
    `sessionToken: { file: ${secretFile('aws-session', 'of/the+agent=')} }`,
  ];

  test('a policy denies what sessions that began before may do', async () => {
    const iam = new IamServer(keys, new Set(['shop']));
    const { url } = await serve(iam.answer);
    expect(await revoker('aws', lines(url, 'a/secret+key'))('ASIA…')).toBe('revoked');
    const policy = JSON.parse(iam.policies.get(`shop/${POLICY_NAME}`) ?? '') as unknown;
    expect(policy).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          ...{ Effect: 'Deny', Action: ['*'], Resource: ['*'] },
          Condition: { DateLessThan: { 'aws:TokenIssueTime': '2026-01-05T10:00:00.000Z' } },
        },
      ],
    });
  });

  test('a signature by another key, and a role that does not exist, are told', async () => {
    const { url } = await serve(new IamServer(keys, new Set()).answer);
    expect((await failure(revoker('aws', lines(url, 'other'))('x'))).message).toBe(
      'the revoker `it` answered 403: SignatureDoesNotMatch',
    );
    expect((await failure(revoker('aws', lines(url, 'a/secret+key'))('x'))).message).toBe(
      'the revoker `it` answered 404: NoSuchEntity',
    );
  });
});

describe('by a webhook', () => {
  const world = async (told: readonly Told[], send: string) => {
    const left = [...told];
    const { url, server } = await serve(() => left.shift() ?? { status: 200 });
    return {
      server,
      revoke: revoker('webhook', [
        `url: ${url}/r`,
        `key: { file: ${secretFile('hmac', 'k')} }`,
        `send: ${send}`,
      ]),
    };
  };

  test.each([
    ['name', {}],
    ['digest', { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown }],
    ['value', { sha256: expect.any(String) as unknown, value: 'the-token' }],
  ])('that is told the %s, signed', async (send, more) => {
    const { server, revoke } = await world([], send);
    expect(await revoke('the-token')).toBe('revoked');
    const { body = '', headers } = server.asked[0] ?? {};
    expect(JSON.parse(body)).toEqual({
      ...{ type: 'runward.revoke', response: 'r1', why: 'a test' },
      container: { id: 'c1', name: 'web', runtime: 'runc', pod: '' },
      credential: { from: 'env', name: 'TOKEN', ...more },
    });
    const [, seconds = '', mac] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers?.['x-runward-signature'])) ?? [];
    expect(mac).toBe(createHmac('sha256', 'k').update(`${seconds}.${body}`).digest('hex'));
  });

  test('that has trouble is asked again with the same key, and one that refuses is not', async () => {
    const { server, revoke } = await world(
      [{ status: 500 }, { status: 429, headers: { 'retry-after': '0' } }],
      'name',
    );
    expect(await revoke('the-token')).toBe('revoked');
    expect(new Set(server.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(server.asked).toHaveLength(3);
    const refusing = await world([{ status: 400 }, { status: 400 }], 'name');
    expect((await failure(refusing.revoke('the-token'))).code).toBe('RESPOND_REFUSED');
    expect(refusing.server.asked).toHaveLength(1);
  });
});

describe('a server', () => {
  test('whose certificate nobody vouches for is told nothing', async () => {
    const other = makeCertificate('other');
    const server = new TlsServer(other, () => ({ status: 200 }));
    const url = await server.listen();
    const revoke = revoker('webhook', [
      `url: ${url}`,
      `key: { file: ${secretFile('hmac', 'k')} }`,
      'attempts: 1',
    ]);
    const error = await failure(revoke('the-token'));
    expect(error.code).toBe('RESPOND_UNREACHABLE');
    expect(error.message).toContain('certificate');
    expect(server.asked).toEqual([]);
    await server.close();
    other.remove();
  });

  test('that does not answer is given up on in the time it has', async () => {
    const { url } = await serve(() => new Promise<Told>(() => undefined));
    const key = secretFile('hmac', 'k');
    const text = [`url: ${url}`, `key: { file: ${key} }`, 'attempts: 2'];
    const revoke = revoker('webhook', text, '300ms');
    expect(await failure(revoke('the-token'))).toMatchObject({
      code: 'RESPOND_UNREACHABLE',
      message: 'the revoker `it`: no answer within 300 ms',
    });
  });

  test('is not asked when the secret for it is not there', async () => {
    const revoke = revoker('webhook', ['url: https://127.0.0.1:1', 'key: { env: RUNWARD_NO_SUCH_VARIABLE }']);
    expect((await failure(revoke('x'))).code).toBe('RESPOND_SECRET');
  });
});
