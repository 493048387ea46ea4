import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../decide/index.js';
import type { PathPattern } from '../../model/policy.js';
import { matcherOf, pathPatternProblem } from '../../pattern/path-pattern.js';
import { testPolicy } from '../../testing/policies.js';
import { Shortfalls } from '../export/exported.js';
import { exportSubject } from '../export/index.js';
import { labelsOf } from './labels.js';
import { exportFileContexts, exportSeLinux } from './module.js';
import { contextRegex } from './regex.js';

function subjectOf(spec: string, name = 'web') {
  const subject = exportSubject([testPolicy(spec, name, { warnings: true })]);
  if (subject === undefined) throw new Error('no policy');
  return subject;
}

const byteRegex = (pattern: PathPattern): RegExp => new RegExp(`^(?:${latin1(contextRegex(pattern))})$`, 's');
const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

describe('a pattern as a regular expression', () => {
  test.each([
    [{ kind: 'path', text: '/etc/a.conf' }, '/etc/a\\.conf'],
    [{ kind: 'directory', text: '/srv' }, '/srv(|/.+)'],
    [{ kind: 'glob', text: '/srv/**/*.log' }, '/srv/(.*/)?[^/]*\\.log'],
    [{ kind: 'path', text: '/a b' }, '/a\\x20b'],
    [{ kind: 'glob', text: '/{a,b}[0-9]?' }, '/(a|b)[0-9][^/]'],
  ] as const)('%o becomes %s', (pattern, expected) => {
    expect(contextRegex(pattern)).toBe(expected);
  });

  test('accepts what the pattern does and holds no blank', () => {
    const piece = fc.constantFrom(
      'a',
      'b.',
      '*',
      '?',
      '[a-c]',
      '[!x]',
      '{a,b/c}',
      '\\*',
      ' ',
      'é',
      '+',
      '(',
      '$',
    );
    const glob = fc
      .array(
        fc.oneof(
          fc.array(piece, { minLength: 1, maxLength: 3 }).map((all) => all.join('')),
          fc.constant('**'),
        ),
        { minLength: 1, maxLength: 3 },
      )
      .map((parts): PathPattern => ({ kind: 'glob', text: `/${parts.join('/').replace(/\*{2,}/g, '**')}` }))
      .filter((pattern) => pathPatternProblem(pattern) === undefined);
    const path = fc
      .array(fc.constantFrom('a', 'b', 'b.', 'c', 'aé', ' ', 'a+', '(x', '*'), { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(glob, fc.array(path, { minLength: 10, maxLength: 10 }), (pattern, paths) => {
        expect(contextRegex(pattern)).not.toMatch(/\s/);
        for (const each of paths)
          expect([each, byteRegex(pattern).test(latin1(each))]).toEqual([each, matcherOf(pattern)(each)]);
      }),
      { numRuns: 300 },
    );
  });
});

const OPERATIONS = ['read', 'write', 'chmod', 'execute'] as const;
const path = fc.constantFrom('/a', '/a/b', '/a/b/c', '/a/d', '/e', '/e/f');
const line = fc
  .record({
    kind: fc.constantFrom('path', 'directory'),
    text: path,
    operations: fc.uniqueArray(fc.constantFrom(...OPERATIONS), { minLength: 1 }),
    except: fc.uniqueArray(path, { maxLength: 1 }),
  })
  .map(({ kind, text, ...rest }) => JSON.stringify({ [kind]: text, ...rest }));

test('the last label that fits a path allows what the policy does', () => {
  const lists = fc.record({
    byDefault: fc.constantFrom('allow', 'deny'),
    allow: fc.array(line, { maxLength: 4 }),
    deny: fc.array(line, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(lists, path, ({ byDefault, allow, deny }, subject) => {
      const exported = subjectOf(
        `file: { default: ${byDefault}, allow: [${allow.join(', ')}], deny: [${deny.join(', ')}] }\nprocess: { deny: [/x] }`,
      );
      const { labels, rest } = labelsOf(exported, new Shortfalls());
      const uses = labels.findLast(({ pattern }) => matcherOf(pattern)(subject))?.uses ?? rest;
      for (const operation of OPERATIONS) {
        const action = { kind: 'file', operation, path: subject, by: '', owner: true } as const;
        const allowed = decide(exported.effective, action).enforced.verdict === 'allow';
        expect([operation, uses.includes(operation)]).toEqual([operation, allowed]);
      }
    }),
    { numRuns: 500 },
  );
});

const SAMPLE = `process: { default: deny, allow: [{ path: /usr/sbin/nginx, comment: the server }] }
file:
  default: deny
  allow:
    - { directory: /etc/nginx, comment: "its settings (all)" }
    - { glob: "/var/log/nginx/*.log", operations: [write, create] }
  deny: [{ glob: "/**/*.key", operations: [all] }]
network:
  default: deny
  allow:
    - { operation: listen, families: [ipv4], protocols: [tcp], ports: [80] }
    - { operation: create, families: [unix, netlink] }
capabilities: { default: deny, allow: [NET_BIND_SERVICE, SYSLOG] }`;

test('a module says who may do what and why', () => {
  expect(exportSeLinux(subjectOf(SAMPLE)).text).toMatchSnapshot();
  expect(exportFileContexts(subjectOf(SAMPLE)).text).toMatchSnapshot();
});

test('what cannot be said is told', () => {
  const told = exportSeLinux(subjectOf(SAMPLE)).diagnostics.map(
    ({ code, message }) => `${code.replace('POLICY_EXPORT_', '')} ${message}`,
  );
  expect(told).toEqual([
    expect.stringMatching(/^WIDER .* which names are made in a directory/),
    expect.stringMatching(/^NARROWER .* a file has one label/),
    expect.stringMatching(/^WIDER .* addresses and ports/),
  ]);
});

test('nothing in a comment can become a statement', () => {
  const { text } = exportSeLinux(
    subjectOf(
      'capabilities: { default: deny, allow: [{ name: KILL, comment: "x)\\n(allow evil self (file (all)))" }] }',
    ),
  );
  expect(text).toContain('  ; x) (allow evil self (file (all))) (web, test.yaml:6)\n');
});

test('patterns that overlap in too many ways are an error, not a hang', () => {
  const deny = Array.from(
    { length: 12 },
    (_, at) => `"/**/*${String.fromCharCode(97 + (at % 26))}*/**/*${at}*"`,
  );
  const { text, diagnostics } = exportSeLinux(
    subjectOf(`file: { deny: [${deny.map((glob) => `{ glob: ${glob} }`).join(', ')}] }`),
  );
  expect(text).toBeUndefined();
  expect(diagnostics).toMatchObject([{ code: 'POLICY_LIMIT', severity: 'error' }]);
});

const base = join(import.meta.dirname, '../../../../../test/vm/selinux-base.cil');
const hasCompiler = spawnSync('secilc', ['--help']).error === undefined || process.env.CI !== undefined;

test.skipIf(!hasCompiler)('secilc takes the modules beside a base policy, and setfiles the contexts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rw-selinux-'));
  try {
    const specs = [
      SAMPLE,
      'capabilities: { deny: [NET_RAW] }',
      'process: { deny: [/x] }',
      'network: { default: deny }',
    ];
    const modules = specs.map((spec, number) => {
      const file = join(folder, `${number}.cil`);
      writeFileSync(file, exportSeLinux(subjectOf(spec, `a-b.c${number}`)).text ?? '');
      return file;
    });
    const policy = join(folder, 'policy');
    execFileSync('secilc', ['-o', policy, '-f', '/dev/null', base, ...modules]);
    for (const [number, spec] of specs.entries()) {
      const file = join(folder, 'contexts');
      writeFileSync(file, exportFileContexts(subjectOf(spec, `a-b.c${number}`)).text ?? '');
      execFileSync('setfiles', ['-c', policy, file]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
