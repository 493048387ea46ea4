import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readPolicies } from '../read/read-policies.js';
import { policyJsonSchema } from './json-schema.js';

const accepts = new Ajv({ strict: true, strictRequired: false, strictTypes: false }).compile(
  policyJsonSchema(),
);
const folder = join(import.meta.dirname, '../../../../policies');
const shipped = readdirSync(folder)
  .filter((name) => /(?<!\.test)\.yaml$/.test(name))
  .map((name) => ({ name, document: parse(readFileSync(join(folder, name), 'utf8')) as object }));

const errorsOf = (document: unknown): readonly string[] =>
  readPolicies([{ name: 'p.json', text: JSON.stringify(document) }])
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ code }) => code);

const policy = (spec: object): object => ({
  ...{ apiVersion: 'runward.dev/v1alpha1', kind: 'RuntimePolicy', metadata: { name: 'a' }, spec },
});

test.each(shipped)('the schema accepts policies/$name', ({ document }) => {
  expect([accepts(document), accepts.errors]).toEqual([true, null]);
});

describe('what the reader rejects the schema rejects', () => {
  test.each([
    ['no mapping', []],
    ['no name', { ...policy({}), metadata: {} }],
    ['a name Kubernetes would not take', { ...policy({}), metadata: { name: 'A_b' } }],
    ['another version', { ...policy({}), apiVersion: 'v1' }],
    ['a key that is unknown', policy({ proces: {} })],
    ['a mode that is unknown', policy({ process: { mode: 'enforce' } })],
    ['a number for a text', policy({ version: 1 })],
    ['a text for a list', policy({ file: { deny: '/etc' } })],
    ['a relative path', policy({ file: { deny: ['etc/passwd'] } })],
    ['a line with two patterns', policy({ file: { deny: [{ path: '/a', glob: '/b' }] } })],
    ['a line without a pattern', policy({ file: { deny: [{ operations: ['read'] }] } })],
    ['a line that says nothing', policy({ process: { deny: [{ comment: 'x' }] } })],
    ['an operation that is unknown', policy({ file: { deny: [{ path: '/a', operations: ['see'] }] } })],
    ['no operation at all', policy({ file: { deny: [{ path: '/a', operations: [] }] } })],
    ['a quoted flag', policy({ privilege: { readOnlyRoot: 'true' } })],
    ['a digest that is none', policy({ process: { deny: [{ sha256: ['abc'] }] } })],
    ['a capability that is unknown', policy({ capabilities: { deny: ['NET_ADMINS'] } })],
    ['a system call that is unknown', policy({ syscalls: { deny: ['opennat'] } })],
    ['a port that is none', policy({ network: { deny: [{ operation: 'connect', ports: ['http'] }] } })],
    ['a network line without operation', policy({ network: { deny: [{ ports: [80] }] } })],
    ['a network that is none', policy({ network: { deny: [{ operation: 'connect', cidrs: ['home'] }] } })],
    ['a runtime that is unknown', policy({ selector: { runtimes: ['lxc'] } })],
    ['more entries than the limit', policy({ selector: { images: Array.from({ length: 257 }, () => 'a') } })],
  ])('%s', (_, document) => {
    expect(errorsOf(document)).not.toEqual([]);
    expect(accepts(document)).toBe(false);
  });
});

/** Places of a document, as paths. */
function places(
  value: unknown,
  path: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, entry]) => places(entry, [...path, key]))];
}

/** The document with the value at a place replaced; left out where it is replaced by undefined. */
function withValue(value: unknown, [key, ...path]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> = Object.fromEntries(Object.entries(value as object)); // a place is in it
  copy[key] = withValue(copy[key], path, by);
  return Array.isArray(value) ? Object.values(copy).filter((entry) => entry !== undefined) : copy;
}

/** What only the reader knows: how patterns are written, that two keys exclude each other across a line. */
const BEYOND = ['POLICY_PATTERN', 'POLICY_LIMIT', 'POLICY_DOCUMENT'];

const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

test('a shipped policy with something wrong in it is judged alike by schema and reader', () => {
  const mutated = fc.constantFrom(...shipped).chain(({ document }) =>
    fc
      .tuple(
        fc.constantFrom(...places(document)),
        fc.constantFrom<unknown>(
          undefined,
          7,
          true,
          '',
          'x',
          '/x',
          'deny',
          [],
          {},
          ['x'],
          { x: 'x' },
          { path: '/a' },
        ),
      )
      // Without keys that have no value: a text has none either.
      .map(([path, by]) => plain(withValue(document, path, by))),
  );
  fc.assert(
    fc.property(mutated, (document) => {
      const errors = document === undefined ? ['none'] : errorsOf(document);
      const accepted = accepts(document);
      if (errors.length === 0) expect([accepted, accepts.errors]).toEqual([true, null]);
      else if (!errors.some((code) => BEYOND.includes(code)))
        expect([accepted, errors]).toEqual([false, errors]);
    }),
    { numRuns: 500 },
  );
}, 60_000);
