import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readProvider } from './read-provider.js';

const folder = mkdtempSync(join(tmpdir(), 'rw-provider-'));
writeFileSync(join(folder, 'secret'), 'of the client\n');
afterAll(() => rmSync(folder, { recursive: true }));

const read = (text: string) => readProvider({ name: 'provider.yaml', text }, folder);
const whole = (groups: string, more = '') => `
issuer: https://id.example.com/realms/main
clientId: runward
clientSecretFile: secret
address: https://runward.example.com/
groups: ${groups}
${more}`;

describe('the file of an identity provider', () => {
  it('is read with what groups may, and the secret from its own file', () => {
    const { provider, problems } = read(
      whole(
        '{ ops: [{ role: responder, cluster: prod, namespace: "*" }, { role: viewer }] }',
        'scopes: [profile, groups]',
      ),
    );
    expect(problems).toEqual([]);
    expect(provider).toEqual({
      ...{ name: 'id.example.com', issuer: 'https://id.example.com/realms/main', clientId: 'runward' },
      ...{
        clientSecret: 'of the client',
        address: 'https://runward.example.com',
        scopes: ['profile', 'groups'],
      },
      groupsClaim: 'groups',
      groups: {
        ops: [
          { role: 'responder', cluster: 'prod', namespace: '*', workload: '*' },
          { role: 'viewer', cluster: '*', namespace: '*', workload: '*' },
        ],
      },
    });
  });

  it.each([
    ['nothing', '', ['SERVER_SETTINGS_VALUE', 'has no `issuer`']],
    ['no YAML', 'a: [', ['SERVER_SETTINGS_SYNTAX', '']],
    ['a key that is none', whole('{}', 'clientSecret: x'), ['SERVER_SETTINGS_KEY', '`clientSecret`']],
    [
      'an address without TLS',
      whole('{}').replace('https://id', 'http://id'),
      ['SERVER_SETTINGS_VALUE', '`issuer`'],
    ],
    [
      'a secret that is not there',
      whole('{}').replace('File: secret', 'File: none'),
      ['SERVER_SETTINGS_VALUE', 'cannot be read'],
    ],
    ['a role that is none', whole('{ ops: [{ role: king }] }'), ['SERVER_SETTINGS_VALUE', '`king`']],
    ['no role', whole('{ ops: [{ cluster: prod }] }'), ['SERVER_SETTINGS_VALUE', 'no `role`']],
    ['groups that are a list', whole('[ops]'), ['SERVER_SETTINGS_TYPE', '`groups`']],
    ['a group that is a word', whole('{ ops: viewer }'), ['SERVER_SETTINGS_TYPE', 'no list']],
    [
      'a scope with blanks',
      whole('{ ops: [{ role: viewer, cluster: "a b" }] }'),
      ['SERVER_SETTINGS_VALUE', '`a b`'],
    ],
  ])('is refused with %s', (_what, text, [code, message = '']) => {
    const { provider, problems } = read(text);
    expect(provider).toBeUndefined();
    const found = problems.find((problem) => problem.code === code && problem.message.includes(message));
    expect(found, JSON.stringify(problems)).toBeDefined();
  });
});
