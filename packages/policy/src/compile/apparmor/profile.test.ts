import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FILE_OPERATIONS } from '../../model/policy.js';
import { testPolicy } from '../../testing/policies.js';
import { exportSubject } from '../export/index.js';
import { exportAppArmor } from './profile.js';
import { compileProfiles, hasParser } from './testing/parser.js';

/** Every profile of this file, each by a name of its own. */
const made: string[] = [];
const canParse = hasParser() || process.env.CI !== undefined;

function compiled(spec: string) {
  const subject = exportSubject([testPolicy(spec, 'web', { warnings: true })]);
  if (subject === undefined) throw new Error('no policy');
  const { text, diagnostics } = exportAppArmor(subject);
  if (text !== undefined) made.push(text.replaceAll('runward.web', `runward.web${made.length}`));
  const rules = (text ?? '').split('\n').filter((line) => line.endsWith(',') && !line.includes('#'));
  return {
    text,
    rules: rules.map((line) => line.trim().slice(0, -1)),
    told: diagnostics.map(({ code, message }) => `${code.replace('POLICY_EXPORT_', '')} ${message}`),
  };
}

/** What a section that is not there leaves open. */
const OPEN = [
  '"/{,**}" ix',
  '"/{,**}" rwlkm',
  'network',
  'capability',
  'mount',
  'umount',
  'remount',
  'pivot_root',
];

describe('programs', () => {
  test.each([
    [
      'those listed start',
      'default: deny, allow: [/usr/sbin/nginx, "/bin/{ba,da}sh"]',
      ['"/usr/sbin/nginx" ix', '"/{,usr/}bin/{ba,da}sh" ix'],
    ],
    [
      'a denial alone leaves the rest',
      'deny: [{ path: /bin/bash }]',
      ['"/{,**}" ix', 'deny "/{,usr/}bin/bash" x'],
    ],
    ['programs from memory', 'fileless: deny', ['"/{,**}" ix', 'deny "/memfd:**" x']],
  ])('%s', (_, process, expected) => {
    const { rules } = compiled(`process: { ${process} }`);
    expect(rules.filter((rule) => / i?x$/.test(rule))).toEqual(expected);
  });

  test.each([
    ['allow: [{ path: /a, arguments: [x] }]', 'WIDER AppArmor cannot say its arguments', ['"/a" ix']],
    [
      `deny: [{ path: /a, sha256: [${'a'.repeat(64)}] }]`,
      'WIDER AppArmor cannot say the digest of a program',
      [],
    ],
    [
      'allow: [{ path: /a, ancestors: [/b] }]',
      'WIDER AppArmor cannot say which programs are above it',
      ['"/a" ix'],
    ],
    ['drift: deny', 'WIDER AppArmor cannot say whether a program is of the image', []],
  ])('%s is told', (line, message, expected) => {
    const { told, rules } = compiled(`process: { default: deny, ${line} }`);
    expect(told).toEqual([expect.stringContaining(message)]);
    expect(rules.filter((rule) => rule.endsWith('x'))).toEqual(expected);
  });
});

describe('files', () => {
  const files = (lines: string) => {
    const { rules, told } = compiled(`file:\n${lines.replace(/^/gm, '  ')}`);
    return { rules: rules.filter((rule) => /" [rwlkm]+$/.test(rule)), told };
  };
  const change = 'write, create, delete, rename, chmod, chown';

  test.each([
    ['reading', '{ path: /a }', '"/a{,/}" rk'],
    ['changing', `{ directory: /a, operations: [read, ${change}] }`, '"/a{,/**}" rwk'],
    ['linking', '{ path: /a, operations: [link] }', '"/a{,/}" l'],
    ['code', '{ glob: "/lib/**", operations: [read, execute] }', '"/{,usr/}lib/**" rkm'],
    ['only of the owner', '{ path: /a, ownerOnly: true }', 'owner "/a{,/}" rk'],
  ])('%s', (_, line, expected) => {
    const { rules, told } = files(`default: deny\nallow: [${line}]`);
    expect(rules).toEqual([expected]);
    expect(told).toEqual([]);
  });

  test('what denies stands beside what allows, and wins as it does in a policy', () => {
    const { rules } = files(`default: deny
allow: [{ directory: /etc }]
deny: [{ path: /etc/shadow }]`);
    expect(rules).toEqual(['"/etc{,/**}" rk', 'deny "/etc/shadow{,/}" rwlm']);
  });

  test('writing without deleting cannot be said: it is wider to allow and narrower to deny', () => {
    const allow = files('default: deny\nallow: [{ path: /a, operations: [write] }]');
    expect(allow).toEqual({
      rules: ['"/a{,/}" wk'],
      told: [expect.stringMatching(/^WIDER .* writing without/)],
    });
    const deny = files('deny: [{ path: /a, operations: [write, create] }]');
    expect(deny.rules).toEqual(['"/{,**}" rwlkm', 'deny "/a{,/}" w']);
    expect(deny.told).toEqual([expect.stringMatching(/^NARROWER .* writing without/)]);
  });

  test('a denial of a part takes nothing from a line that allows the other part', () => {
    const { rules, told } = files(
      `default: deny\nallow: [{ directory: /a, operations: [${change}] }]\ndeny: [{ path: /a/b, operations: [delete] }]`,
    );
    expect(rules).toEqual(['"/a{,/**}" wk']);
    expect(told).toEqual([expect.stringMatching(/^WIDER .* writing without/)]);
  });

  describe('exceptions', () => {
    test('of a line that allows become denials', () => {
      const { rules, told } = files(
        'default: deny\nallow: [{ directory: /a, except: [/a/b/] }, { path: /c }]',
      );
      expect(rules).toEqual(['"/a{,/**}" rk', 'deny "/a/b{,/**}" rk', '"/c{,/}" rk']);
      expect(told).toEqual([]);
    });

    test('but not where another line allows some of what they except', () => {
      const { rules, told } = files(
        'default: deny\nallow: [{ directory: /a, except: [/a/b/] }, { glob: "/a/*/x" }]',
      );
      expect(rules).toEqual(['"/a{,/**}" rk', '"/a/*/x{,/}" rk']);
      expect(told).toEqual([expect.stringMatching(/^WIDER .* these exceptions/)]);
    });

    test('of a line that denies cannot be said, which matters only where something is allowed there', () => {
      const deny = 'deny: [{ directory: /a, except: [/a/b] }]';
      expect(files(deny).told).toEqual([expect.stringMatching(/^WIDER .* these exceptions/)]);
      expect(files(`default: deny\nallow: [/c]\n${deny}`).told).toEqual([]);
    });
  });

  test('lines about certain programs allow for all, and do not deny', () => {
    const { rules, told } = files(
      'default: deny\nallow: [{ path: /a, from: [/bin/x] }]\ndeny: [{ path: /b, from: [/bin/x] }]',
    );
    expect(rules).toEqual(['"/a{,/}" rk']);
    expect(told).toEqual([expect.stringContaining('which program does it')]);
  });
});

describe('everything else', () => {
  test('a policy of one section leaves the others open', () => {
    const { rules } = compiled('process: { deny: [/x] }');
    expect(rules).toEqual(expect.arrayContaining(OPEN));
  });

  test('a list that is empty allows nothing', () => {
    const { rules } = compiled(
      'process: { default: deny }\nfile: { default: deny }\nnetwork: { default: deny }\ncapabilities: { default: deny }\nkernelSurface: { default: deny }',
    );
    const allowing = rules.filter((rule) => !rule.startsWith('deny '));
    expect(allowing).toEqual([
      'signal (receive)',
      'ptrace (readby, tracedby)',
      'signal (send) peer="runward.web"',
      'ptrace (read) peer="runward.web"',
    ]);
  });

  test.each([
    [
      'default: deny, allow: [{ operation: connect, families: [ipv4], protocols: [tcp] }, { operation: create, families: [unix] }]',
      ['network inet stream', 'network unix'],
    ],
    ['default: deny, allow: [{ operation: create, families: [ipv6] }]', ['network inet6']],
    [
      'deny: [{ operation: create, families: [packet] }, { operation: create, protocols: [raw] }]',
      ['network', 'deny network inet raw', 'deny network inet6 raw', 'deny network packet'],
    ],
  ])('sockets: %s', (network, expected) => {
    const { rules } = compiled(`network: { ${network} }`);
    expect(rules.filter((rule) => /^(deny )?network/.test(rule))).toEqual(expected);
  });

  test('mounting takes the handle and the place', () => {
    const mounts = (spec: string) => compiled(spec).rules.filter((rule) => /mount/.test(rule));
    expect(mounts('file: { default: deny, allow: [{ directory: /mnt, operations: [mount] }] }')).toEqual([
      'mount -> "/mnt{,/**}"',
      'umount "/mnt{,/**}"',
    ]);
    expect(mounts('kernelSurface: { deny: [mount] }')).toEqual([]);
  });

  test('handles that are files are denied; those that are calls are told', () => {
    const { rules, told } = compiled('kernelSurface: { deny: [core-pattern, release-agent, modules, bpf] }');
    expect(rules.filter((rule) => rule.startsWith('deny '))).toEqual([
      'deny capability sys_module',
      'deny "/proc/sys/kernel/core_pattern{,/**}" w',
      'deny "/sys/fs/cgroup/{,**/}release_agent{,/}" w',
    ]);
    expect(told).toEqual([expect.stringMatching(/^WIDER AppArmor cannot say bpf, which/)]);
  });
});

test('comments say why, and nothing in one can become a rule', () => {
  const evil = 'x\n}\nprofile evil {\n file,\n}\n';
  const { text } = compiled(
    `capabilities: { default: deny, allow: [{ name: CHOWN, comment: ${JSON.stringify(evil)} }, { name: KILL, comment: "include <tunables/global>" }] }`,
  );
  expect(text).toContain('  # x } profile evil { file, } (web, test.yaml:6)\n  capability chown,\n');
  expect(text).toContain('  # (include <tunables/global> (web, test.yaml:6)\n  capability kill,\n');
});

test('a policy of system calls alone makes none', () => {
  expect(compiled('syscalls: { default: deny }').told).toEqual([expect.stringMatching(/^NOTHING/)]);
});

const path = fc.constantFrom(
  '/a',
  '/a/b',
  '/lib',
  '/var/run/x',
  '/etc/x y',
  '/é',
  '/[x]',
  '/x#y',
  '/@{x}',
  '/"q"',
  '/include',
);
const line = fc
  .record({
    kind: fc.constantFrom('path', 'directory'),
    path,
    operations: fc.uniqueArray(fc.constantFrom(...FILE_OPERATIONS), { minLength: 1 }),
    ownerOnly: fc.boolean(),
    except: fc.uniqueArray(path, { maxLength: 2 }),
    comment: fc.string(),
  })
  .map(({ kind, path: text, ...rest }) => JSON.stringify({ [kind]: text, ...rest }));
const section = fc.record({
  byDefault: fc.constantFrom('allow', 'deny'),
  allow: fc.array(line, { maxLength: 4 }),
  deny: fc.array(line, { maxLength: 3 }),
});

describe.skipIf(!canParse)('apparmor_parser', () => {
  test('takes these profiles and any others', () => {
    fc.assert(
      fc.property(section, ({ byDefault, allow, deny }) => {
        compiled(`file: { default: ${byDefault}, allow: [${allow.join(', ')}], deny: [${deny.join(', ')}] }`);
      }),
      { numRuns: 30 },
    );
    expect(made.length).toBeGreaterThan(30);
    compileProfiles(made.join(''));
  }, 60_000);
});
