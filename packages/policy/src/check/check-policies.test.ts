import { describe, expect, test } from 'vitest';
import { testPolicy } from '../testing/policies.js';
import { checkPolicies } from './check-policies.js';

const policy = (spec: string, name = 'p') => testPolicy(spec, name, { warnings: true });
const told = (...specs: readonly string[]): readonly string[] =>
  checkPolicies(specs.map((spec, at) => policy(spec, `p${at}`))).map(
    ({ code, message }) => `${code} ${message}`,
  );
const codes = (...specs: readonly string[]): readonly string[] =>
  told(...specs).map((text) => text.split(' ')[0] ?? '');

describe('lines that can decide nothing', () => {
  test.each<[string, string, readonly string[]]>([
    ['the same line twice', 'file: { deny: [/a, /a] }', ['POLICY_LINE_DUPLICATE']],
    [
      'the same with another comment',
      'file: { deny: [/a, { path: /a, comment: x }] }',
      ['POLICY_LINE_DUPLICATE'],
    ],
    ['a line behind one that covers it', 'file: { deny: [/etc/, /etc/passwd] }', ['POLICY_LINE_COVERED']],
    ['a glob behind a directory', 'file: { deny: [/etc/, "/etc/*.conf"] }', ['POLICY_LINE_COVERED']],
    ['a line before the one that covers it', 'file: { deny: [/etc/passwd, /etc/] }', []],
    ['a line that is about more operations', 'file: { deny: [{ path: /a, operations: [read] }, /a] }', []],
    [
      'a line whose operations two others share',
      'file: { deny: [{ path: /a, operations: [read] }, { directory: /, operations: [write] }, { path: /a, operations: [read, write] }] }',
      ['POLICY_LINE_COVERED'],
    ],
    ['a line that asks for less', 'file: { deny: [{ path: /a, from: [/bin/x] }, /a] }', []],
    [
      'a line that asks for more',
      'file: { deny: [/a, { path: /a, from: [/bin/x] }] }',
      ['POLICY_LINE_COVERED'],
    ],
    [
      'programs among those of the other line',
      'file: { deny: [{ path: /a, from: [/bin/] }, { path: /a, from: [/usr/bin/x, "/bin/[a-c]*"] }] }',
      ['POLICY_LINE_COVERED'],
    ],
    ['what an exception leaves out', 'file: { deny: [{ directory: /etc, except: [/etc/x] }, /etc/x] }', []],
    [
      'exceptions that leave nothing',
      'file: { deny: [{ glob: "/etc/*", except: [/etc/] }] }',
      ['POLICY_LINE_NEVER'],
    ],
    ['lists that cover a line together', 'file: { deny: [/a/, /b/, "/{a,b}/x"] }', ['POLICY_LINE_COVERED']],
    [
      'an allow line that is denied',
      'file: { default: deny, allow: [/etc/x], deny: [/etc/] }',
      ['POLICY_CONFLICT'],
    ],
    [
      'an allow line that is denied in part',
      'file: { default: deny, allow: [{ path: /etc/x, operations: [read, write] }], deny: [{ directory: /etc, operations: [write] }] }',
      [],
    ],
    [
      'a program with other arguments',
      'process: { deny: [{ path: /a, arguments: ["-x*"] }, { path: /a, arguments: ["-y"] }] }',
      [],
    ],
    [
      'a program with arguments among those',
      'process: { deny: [{ path: /a, arguments: ["-x*"] }, { path: /a, arguments: ["-xy"] }] }',
      ['POLICY_LINE_COVERED'],
    ],
    ['a name twice', 'kernelSurface: { deny: [bpf, bpf] }', ['POLICY_LINE_DUPLICATE']],
    [
      'a name allowed and denied',
      'capabilities: { default: deny, allow: [CHOWN], deny: [CHOWN] }',
      ['POLICY_CONFLICT'],
    ],
    [
      'a network within another',
      'network: { deny: [{ operation: connect, cidrs: [10.0.0.0/8] }, { operation: connect, cidrs: [10.1.0.0/16], ports: [80] }] }',
      ['POLICY_LINE_COVERED'],
    ],
    [
      'a network beside another',
      'network: { deny: [{ operation: connect, cidrs: [10.0.0.0/8], ports: [80-90] }, { operation: connect, cidrs: [10.1.0.0/16], ports: [91] }] }',
      [],
    ],
    [
      'a port of a socket without',
      'network: { deny: [{ operation: bind, families: [unix], ports: [80] }] }',
      ['POLICY_LINE_NEVER'],
    ],
    ['a port at creation', 'network: { deny: [{ operation: create, ports: [80] }] }', ['POLICY_LINE_NEVER']],
    [
      'a network of the other family',
      'network: { deny: [{ operation: connect, families: [ipv6], cidrs: [10.0.0.0/8] }] }',
      ['POLICY_LINE_NEVER'],
    ],
    ['allow lines without a default', 'file: { allow: [/a, /b] }', ['POLICY_LINE_IDLE']],
    [
      'sections that are off are looked at as well',
      'file: { mode: "off", deny: [/a, /a] }',
      ['POLICY_LINE_DUPLICATE'],
    ],
  ])('%s', (_, spec, expected) => expect(codes(spec)).toEqual(expected));

  test('the message names the line, the help the one that decides', () => {
    const [diagnostic] = checkPolicies([policy('file: { default: deny, allow: [/etc/x], deny: [/etc/] }')]);
    expect(diagnostic).toMatchObject({
      severity: 'warning',
      message: '`file allow /etc/x` allows nothing: all of it is denied, and a line that denies counts more',
      help: 'see `file deny /etc` at test.yaml:6; exceptions are written there, with `except`',
      span: { line: 6 },
    });
  });
});

describe('policies that can select the same container', () => {
  const allows = 'file: { default: deny, allow: [/srv/x] }';
  const denies = 'file: { deny: [/srv/] }';
  const select = (selector: string, spec: string): string => `selector: ${selector}\n${spec}`;

  test('contradict each other where all that one allows the other denies', () => {
    expect(told(allows, denies)).toEqual([
      'POLICY_CONFLICT `file allow /srv/x` allows nothing where `p1` selects the container too',
    ]);
  });

  test.each<[string, string, string, boolean]>([
    ['labels that differ', '{ containerLabels: { a: x } }', '{ containerLabels: { a: "y" } }', false],
    ['labels that can be together', '{ containerLabels: { a: x } }', '{ podLabels: { a: z } }', true],
    ['namespaces', '{ namespaces: ["prod-*"] }', '{ namespaces: [dev, test] }', false],
    ['namespaces that meet', '{ namespaces: ["prod-*"] }', '{ namespaces: ["*-eu"] }', true],
    ['images', '{ images: ["*/nginx"] }', '{ images: ["*/redis"] }', false],
    ['an image and its repository', '{ images: ["r/nginx"] }', '{ images: ["r/nginx:1.27"] }', true],
    ['runtimes', '{ runtimes: [docker] }', '{ runtimes: [podman] }', false],
  ])('by %s: %s and %s', (_, one, other, meet) => {
    expect(codes(select(one, allows), select(other, denies))).toEqual(meet ? ['POLICY_CONFLICT'] : []);
  });

  test('lend each other their default', () => {
    expect(codes('file: { allow: [/a] }', 'file: { default: deny, allow: [/b] }')).toEqual([]);
    expect(
      codes(
        'selector: { runtimes: [docker] }\nfile: { allow: [/a] }',
        'selector: { runtimes: [podman] }\nfile: { default: deny }',
      ),
    ).toEqual(['POLICY_LINE_IDLE']);
  });
});

test('what does not fit into the kernel is an error that names the line', () => {
  const lines = Array.from({ length: 65 }, (_, i) => `{ path: /a, from: [/bin/x${i}] }`).join(', ');
  expect(checkPolicies([policy(`file: { deny: [${lines}] }`)])).toMatchObject([
    { severity: 'error', code: 'POLICY_LIMIT', span: { line: 6 } },
  ]);
});

test('what would take too long to compare is told', () => {
  const found = checkPolicies([policy('file: { deny: [/etc/passwd, /etc/passwd] }')], 5);
  expect(found.map(({ code, span }) => [code, span.line])).toEqual([['POLICY_UNCHECKED', 6]]);
});
