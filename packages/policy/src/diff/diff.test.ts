import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Action } from '../decide/action.js';
import { decide } from '../decide/decide.js';
import { mergePolicies } from '../decide/merge.js';
import { FILE_OPERATIONS } from '../model/policy.js';
import { testPolicy } from '../testing/policies.js';
import { actionText, lineLabel } from '../words/index.js';
import { diffPolicies } from './diff.js';

const policy = (spec: string, name = 'p') => mergePolicies([testPolicy(spec, name, { warnings: true })]);

/** `direction risk section what by`, an example, and the lines. */
const told = (a: string, b: string): readonly (readonly string[])[] =>
  diffPolicies(policy(a), policy(b)).changes.map(
    ({ section, direction, risk, what, by, examples, before, after }) => [
      [direction, risk ?? '-', section, what.join(','), by.join(',')].join(' ').trim(),
      actionText(examples[0] as Action), // a change has one
      `${before === undefined ? '' : lineLabel(before)} → ${after === undefined ? '' : lineLabel(after)}`,
    ],
  );

describe('a difference', () => {
  test.each<[string, string, string, readonly (readonly string[])[]]>([
    ['of the same in other words', 'file: { deny: [/etc/] }', 'file: { deny: ["/etc{,/**}"] }', []],
    ['of the same in another order', 'file: { deny: [/a, /b/] }', 'file: { deny: [/b/, /a] }', []],
    [
      'of a directory and a file in it',
      'file: { deny: [/etc/] }',
      'file: { deny: [/etc/x] }',
      [[`allows high file ${FILE_OPERATIONS.join(',')}`, 'read /etc', 'file deny /etc → ']],
    ],
    [
      'of operations',
      'file: { deny: [{ path: /srv/x, operations: [read, write] }] }',
      'file: { deny: [{ path: /srv/x, operations: [write, chmod] }] }',
      [
        ['allows low file read', 'read /srv/x', 'file deny /srv/x → '],
        ['denies - file chmod', 'chmod /srv/x', ' → file deny /srv/x'],
      ],
    ],
    [
      'of programs',
      'file: { deny: [{ directory: /srv, operations: [write] }] }',
      'file: { deny: [{ directory: /srv, operations: [write], except: [/srv/a], from: [/bin/x] }] }',
      [['allows medium file write', 'write /srv', 'file deny /srv → ']],
    ],
    [
      'for one program alone',
      'file: { deny: [{ path: /srv/y, operations: [write] }] }',
      'file: { deny: [{ path: /srv/y, operations: [write] }, { path: /srv/z, operations: [read], from: [/bin/x] }] }',
      [['denies - file read /bin/x', '/bin/x read /srv/z', ' → file deny /srv/z']],
    ],
    [
      'of names',
      'capabilities: { default: deny }\nkernelSurface: { deny: [bpf] }',
      'capabilities: { default: deny, allow: [CHOWN, SYS_ADMIN] }\nkernelSurface: { deny: [bpf, keyctl] }',
      [
        [
          'allows high capabilities CHOWN,SYS_ADMIN',
          'capability CHOWN',
          'capabilities default → capabilities allow CHOWN',
        ],
        ['denies - kernelSurface keyctl', 'kernel keyctl', ' → kernelSurface deny keyctl'],
      ],
    ],
    [
      'of programs that drifted',
      'process: { drift: deny }',
      'process: { fileless: deny }',
      [
        ['allows high process drifted', 'exec drifted /', 'process drift → '],
        ['denies - process fileless', 'exec fileless /', ' → process fileless'],
      ],
    ],
    [
      'of arguments',
      'process: { deny: [/bin/curl] }',
      'process: { deny: [{ path: /bin/curl, arguments: ["*http:*"] }] }',
      [['allows medium process', 'exec /bin/curl', 'process deny /bin/curl → ']],
    ],
    [
      'of networks and ports',
      'network: { default: deny, allow: [{ operation: connect, cidrs: [10.0.0.0/8], ports: [443] }] }',
      'network: { default: deny, allow: [{ operation: connect, cidrs: [10.1.0.0/16], ports: [443] }] }',
      [
        [
          'denies - network connect',
          'connect 10.0.0.0:443/tcp',
          'network allow connect 10.0.0.0/8 443 → network default',
        ],
      ],
    ],
  ])('%s', (_, a, b, expected) => expect(told(a, b)).toEqual(expected));

  test('tells modes and settings', () => {
    const { settings } = diffPolicies(
      policy('file: { deny: [/a] }\nkernelSurface: { deny: [bpf] }'),
      policy('file: { mode: protect, response: kill, deny: [/a] }'),
    );
    expect(
      settings.map(({ section, setting, before, after }) => `${section} ${setting} ${before} ${after}`),
    ).toEqual(['file mode monitor protect', 'file response deny kill', 'kernelSurface mode monitor absent']);
  });
});

describe('whatever is decided differently is told, with the lines that decide', () => {
  const path = fc
    .array(fc.constantFrom('/a', '/b', '/ab'), { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join(''));
  const glob = fc
    .array(fc.constantFrom('/a', '/b', '/*', '/**', '/a*', '/?b', '/{a,ab}', '/[!a]'), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) => parts.join(''));
  const operations = fc.subarray(['read', 'write', 'create'], { minLength: 1 });
  const from = fc.subarray(['"/a"', '"/b/*"']);
  const except = fc.oneof(fc.constant(''), path);
  const line = fc
    .tuple(glob, operations, from, except, fc.boolean())
    .map(
      ([pattern, names, programs, but, owner]) =>
        `{ glob: "${pattern}", operations: [${names}], from: [${programs}], except: [${but === '' ? '' : `"${but}"`}], ownerOnly: ${owner} }`,
    );
  const spec = fc
    .tuple(fc.array(line, { maxLength: 3 }), fc.array(line, { maxLength: 3 }), fc.boolean())
    .map(
      ([deny, allow, byDefault]) =>
        `file: { default: ${byDefault ? 'deny' : 'allow'}, deny: [${deny}], allow: [${allow}] }`,
    );
  const action = fc
    .tuple(
      path,
      fc.constantFrom('read', 'write', 'create'),
      fc.constantFrom('', '/a', '/b/a', '/c'),
      fc.boolean(),
    )
    .map(([at, operation, by, owner]) => ({ kind: 'file', operation, path: at, by, owner }) as const);

  test('of files', () => {
    fc.assert(
      fc.property(spec, spec, fc.array(action, { minLength: 20, maxLength: 40 }), (one, other, actions) => {
        const [a, b] = [policy(one), policy(other)];
        const { changes, limits } = diffPolicies(a, b);
        expect(limits).toEqual([]);
        for (const each of actions) {
          const [before, after] = [decide(a, each).watched, decide(b, each).watched];
          if (before.verdict === after.verdict) continue;
          const change = changes.find(
            (c) => c.before?.id === before.line?.id && c.after?.id === after.line?.id,
          );
          expect(change?.what, `${one}\n${other}\n${actionText(each)}`).toContain(each.operation);
        }
        for (const { examples, before, after } of changes)
          for (const example of examples)
            expect([decide(a, example).watched.line?.id, decide(b, example).watched.line?.id]).toEqual([
              before?.id,
              after?.id,
            ]);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

test('a difference of limits is one of settings', () => {
  const settings = (a: string, b: string): readonly string[] =>
    diffPolicies(policy(a), policy(b)).settings.map(
      ({ setting, before, after }) => `${setting}: ${before} -> ${after}`,
    );
  const ten = 'network: { mode: protect, limits: { connections: 10 } }';
  expect(settings(ten, ten)).toEqual([]);
  expect(settings(ten, 'network: { mode: protect, limits: { connections: 20, egress: 1MiB } }')).toEqual([
    'limit of connections: 10 a second -> 20 a second',
    'limit of egress: none -> 1048576 a second',
  ]);
});
