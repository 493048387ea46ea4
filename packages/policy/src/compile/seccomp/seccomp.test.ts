import { describe, expect, test } from 'vitest';
import { testPolicies, testPolicy } from '../../testing/policies.js';
import { exportSubject, type SubjectOptions } from '../export/index.js';
import type { SeccompFilter } from './filter.js';
import { exportSeccomp } from './seccomp.js';
import { outcomeOf } from './testing/outcome.js';

function compiled(spec: string, options: SubjectOptions = {}) {
  const subject = exportSubject([testPolicy(spec, 'web', { warnings: true })], options);
  if (subject === undefined) throw new Error('no policy');
  const { text, diagnostics } = exportSeccomp(subject);
  return { filter: JSON.parse(text ?? 'null') as SeccompFilter, diagnostics };
}

const NEWUSER = 0x1000_0000;
const [ALLOW, EPERM, ENOSYS, KILL] = ['allow', 'errno 1', 'errno 38', 'kill'];

describe('a list of system calls', () => {
  const { filter } = compiled(
    'syscalls: { default: deny, allow: [{ name: accept4, comment: serves }, clone3, socketpair], deny: [setuid] }',
  );

  test.each([
    ['one it lists is allowed', 'accept4', [], ALLOW],
    ['one it does not list is denied', 'ptrace', [], EPERM],
    ['what the runtime needs to start the program is allowed', 'execve', [], ALLOW],
    ['but not where a line denies it', 'setuid', [], EPERM],
    ['a call that is listed stays as it is when nothing is said of namespaces', 'clone3', [], ALLOW],
    ['sockets are not restricted where no section says so', 'socketpair', [17, 3], ALLOW],
  ])('%s', (_, name, args, expected) => {
    expect(outcomeOf(filter, name, args)).toBe(expected);
  });

  test('each rule says why it is there', () => {
    const of = (name: string) => filter.syscalls.find(({ names }) => names.includes(name))?.comment;
    expect(of('accept4')).toBe('serves (web, test.yaml:6)');
    expect(of('execve')).toContain('the container runtime makes these calls');
  });

  test('32-bit and x32 programs are under the same rules', () => {
    expect(filter.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']);
    const arm = compiled('syscalls: { deny: [ptrace] }', { architecture: 'arm64' });
    expect(arm.filter.architectures).toEqual(['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
  });
});

test('a newer clone that is not listed is answered as by a kernel without it, so that programs use the older', () => {
  const { filter } = compiled('syscalls: { default: deny, allow: [read] }');
  expect(outcomeOf(filter, 'clone3', [])).toBe(ENOSYS);
});

test('where a list kills, what it does not name ends the process', () => {
  const { filter } = compiled('syscalls: { default: deny, response: kill, allow: [read] }');
  expect(filter.defaultAction).toBe('SCMP_ACT_KILL_PROCESS');
  expect(outcomeOf(filter, 'ptrace', [])).toBe(KILL);
});

describe.each([
  ['in a list', 'syscalls: { default: deny, allow: [clone, unshare, clone3, mount, socket] }\n'],
  ['without one', ''],
])('handles of the kernel %s', (_, syscalls) => {
  const { filter } = compiled(
    `${syscalls}kernelSurface: { deny: [unshare, mount, { name: bpf, comment: no }] }`,
  );

  test.each([
    ['a handle that is a call is denied, listed or not', 'mount', [], EPERM],
    ['threads are made', 'clone', [0x3d0f00], ALLOW],
    ['namespaces are not', 'clone', [NEWUSER + 17], EPERM],
    ['nor with unshare', 'unshare', [0x0002_0000], EPERM],
    ['but what else unshare does', 'unshare', [0x400], ALLOW],
    ['nor where the flags cannot be seen', 'clone3', [], ENOSYS],
    ['bpf', 'bpf', [], EPERM],
  ])('%s', (__, name, args, expected) => {
    expect(outcomeOf(filter, name, args)).toBe(expected);
  });
});

const TCP4 = [2, 1, 0];
describe.each([
  ['in a list', 'syscalls: { default: deny, allow: [socket, socketpair, connect] }\n'],
  ['without one', ''],
])('sockets %s', (_, syscalls) => {
  const { filter, diagnostics } = compiled(`${syscalls}network:
  default: deny
  allow:
    - { operation: connect, families: [ipv4], protocols: [tcp], ports: [443] }
    - { operation: create, families: [unix] }
    - { operation: create, families: [ipv6], protocols: [udp] }`);

  test.each([
    ['the family and protocol of a connection that is allowed', 'socket', TCP4, ALLOW],
    ['with flags in the type', 'socket', [2, 1 + 0x80000, 6], ALLOW],
    ['another protocol', 'socket', [2, 2, 17], EPERM],
    ['raw, whatever the protocol', 'socket', [2, 3, 6], EPERM],
    ['a family that is allowed whole', 'socketpair', [1, 1, 0], ALLOW],
    ['datagrams where they are allowed', 'socket', [10, 2, 0], ALLOW],
    ['streams where they are not', 'socket', [10, 1, 0], EPERM],
    ['packets', 'socket', [17, 3, 768], EPERM],
    ['a family without a name', 'socket', [40, 1, 0], EPERM],
    ['the older call, which hides what it asks for', 'socketcall', [1], syscalls === '' ? ENOSYS : EPERM],
  ])('%s', (__, name, args, expected) => {
    expect(outcomeOf(filter, name, args)).toBe(expected);
  });

  test('high bits that the kernel ignores do not make another family of it', () => {
    expect(outcomeOf(filter, 'socket', [2 ** 32 + 17, 3, 0])).toBe(EPERM);
  });

  test('that ports cannot be said is told', () => {
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toContain(
      'POLICY_EXPORT_WIDER seccomp cannot say addresses and ports: of this line it allows more than the policy',
    );
  });
});

test('a policy that restricts no call is told so instead of making an empty filter', () => {
  const { filter, diagnostics } = compiled('file: { deny: [/etc/shadow] }');
  expect(filter).toBeNull();
  expect(diagnostics).toMatchObject([{ code: 'POLICY_EXPORT_NOTHING', severity: 'error' }]);
});

test('the same policies in another order give the same text', () => {
  const [one, two] = ['a', 'b'].flatMap((name) =>
    testPolicies(
      `apiVersion: runward.dev/v1alpha1\nkind: RuntimePolicy\nmetadata: { name: ${name} }\nspec: { syscalls: { default: deny, allow: [read, ${name === 'a' ? 'openat' : 'accept'}] } }`,
    ),
  );
  if (one === undefined || two === undefined) throw new Error('no policies');
  const text = (policies: Parameters<typeof exportSubject>[0]) => {
    const subject = exportSubject(policies, { name: 'both' });
    return subject && exportSeccomp(subject).text;
  };
  expect(text([two, one])).toBe(text([one, two]));
});
