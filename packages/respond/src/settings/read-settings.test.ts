import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { readResponseSettings, settingsJsonSchemaText } from './read-settings.js';

const HEAD = 'apiVersion: runward.dev/v1alpha1\nkind: ResponseSettings\nmetadata: {name: n}\n';
const problems = (text: string): readonly string[] =>
  readResponseSettings({ name: 's.yaml', text }).diagnostics.map(
    ({ code, message, span }) => `${span.line}:${span.column} ${code} ${message}`,
  );
const of = (revokers: string): readonly string[] => problems(`${HEAD}spec: {revokers: [${revokers}]}\n`);
const HOOK = 'name: a, url: "https://h/", key: {env: K}, credentials: {env: [T]}';

test('settings that say nothing are sound', () => {
  const { settings, diagnostics } = readResponseSettings({ name: 's.yaml', text: `${HEAD}spec: {}\n` });
  expect([settings, diagnostics]).toMatchObject([{ revokers: [] }, []]);
});

test.each([
  [`webhook: {${HOOK.replace('https', 'http')}}`, 'POLICY_VALUE `http://h/` is not an https address'],
  [`webhook: {${HOOK.replace('{env: K}', 'hunter2')}}`, 'POLICY_VALUE_TYPE `key` must be a mapping'],
  [`webhook: {${HOOK.replace('{env: K}', '{env: K, file: /k}')}}`, 'POLICY_VALUE only one of `file`, `env`'],
  [`webhook: {${HOOK.replace('{env: [T]}', '{}')}}`, 'POLICY_KEY_MISSING `credentials` says nothing'],
  [`webhook: {${HOOK.replace('env: [T]', 'files: ["/a/../b"]')}}`, 'is not a pattern over paths'],
  [`webhook: {${HOOK}, timeout: 1h}`, 'POLICY_VALUE `1h` is not a time'],
  [`{webhook: {${HOOK}}, oauth: {}}`, 'only one of'],
  [`fax: {${HOOK}}`, 'POLICY_KEY_UNKNOWN unknown key `fax`'],
  [`{webhook: {${HOOK}}}, {webhook: {${HOOK}}}`, 'POLICY_NAME_TAKEN two are called `a`'],
  [
    'vault: {name: v, url: "https://v", kind: token, credentials: {env: [T]}}',
    'POLICY_KEY_MISSING `token` is missing',
  ],
  [
    'vault: {name: v, url: "https://v", kind: lease, token: {env: T}, credentials: {env: [T]}}',
    'POLICY_KEY_MISSING `prefix` is missing',
  ],
])('%s is told: %s', (revokers, message) => {
  const found = of(revokers);
  expect(found.join('\n')).toContain(message);
  expect(found.join('\n')).not.toContain('hunter2');
});

test.each([
  ['', 'the file holds no settings'],
  ['- a', 'the file holds no settings'],
  [`${HEAD}spec: {}\n---\na: b\n`, 'several documents'],
])('%j is told: %s', (text, message) => {
  expect(problems(text).join('\n')).toContain(message);
});

test('the schema takes what the reader takes', () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(settingsJsonSchemaText()) as object);
  const document = {
    ...{ apiVersion: 'runward.dev/v1alpha1', kind: 'ResponseSettings', metadata: { name: 'n' } },
    spec: {
      revokers: [
        { webhook: { name: 'a', url: 'https://h/', key: { env: 'K' }, credentials: { env: ['T'] } } },
      ],
    },
  };
  expect(validate(document)).toBe(true);
  expect(readResponseSettings({ name: 's', text: JSON.stringify(document) }).diagnostics).toEqual([]);
  expect(validate({ ...document, spec: { revokers: [{ fax: {} }] } })).toBe(false);
});
