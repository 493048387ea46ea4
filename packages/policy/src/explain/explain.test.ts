import { describe, expect, test } from 'vitest';
import { mergePolicies } from '../decide/merge.js';
import { testPolicy } from '../testing/policies.js';
import { actionText, lineLabel, parseActions } from '../words/index.js';
import { explainAction } from './explain.js';

const base = testPolicy(
  `
process: { mode: protect, deny: [{ path: /usr/bin/curl, ancestors: [/usr/sbin/nginx] }, { path: /usr/bin/wget, arguments: ["*http*"] }] }
file:
  mode: protect
  deny: [{ glob: /etc/**, operations: [write], except: [/etc/mtab] }, { directory: /srv, from: [/usr/sbin/nginx] }]
kernelSurface: { mode: monitor, default: deny, allow: [ptrace] }
`,
  'base',
);
const team = testPolicy(
  `
file: { mode: monitor, default: deny, allow: [/etc/hosts, { path: /etc/mtab, operations: [write] }] }
kernelSurface: { mode: learn }
network: { mode: protect, default: deny, allow: [{ operation: connect, ports: [443], from: [/usr/sbin/nginx] }] }
`,
  'team',
  { warnings: true },
);
const effective = mergePolicies([base, team]);

function explained(text: string) {
  const [action] = parseActions(text).actions ?? [];
  if (action === undefined) throw new Error(`\`${text}\` is no action`);
  expect(actionText(action)).toBe(text);
  const { outcome, line, others, near, modes, notes } = explainAction(effective, action);
  return {
    outcome,
    by: line === undefined ? '' : `${line.policy}: ${lineLabel(line)}`,
    others: others.map(lineLabel),
    near: near.map((miss) => `${lineLabel(miss.line)}: ${miss.why}`),
    modes: Object.fromEntries(modes),
    notes,
  };
}

describe('an explanation', () => {
  test('names the line that denies, and what would have spoken without it', () => {
    expect(explained('/bin/dash write /etc/cron.d/x')).toEqual({
      outcome: 'deny',
      by: 'base: file deny /etc/**',
      others: ['file default'],
      near: [],
      modes: { base: 'protect', team: 'monitor' },
      notes: ['where the file is not there yet, creating it is reported as one that would be denied'],
    });
  });

  test.each([
    [
      'write /etc/mtab',
      'allow',
      'team: file allow /etc/mtab',
      ['file deny /etc/**: the path is among its exceptions'],
    ],
    ['read /etc/hosts', 'allow', 'team: file allow /etc/hosts', ['file deny /etc/**: it is about write']],
    [
      'read /srv/x',
      'would-deny',
      'team: file default',
      ['file deny /srv: it is about some programs, and none is named (`PROGRAM write PATH`)'],
    ],
    [
      '/bin/cat read /srv/x',
      'would-deny',
      'team: file default',
      ['file deny /srv: it is not about `/bin/cat`'],
    ],
    ['/usr/sbin/nginx read /srv/x', 'deny', 'base: file deny /srv', []],
    [
      'exec /usr/bin/curl x',
      'allow',
      '',
      [
        'process deny /usr/bin/curl: it is about what runs below some programs, and none is named (`PROGRAM exec PATH`)',
      ],
    ],
    ['/usr/sbin/nginx exec /usr/bin/curl x', 'deny', 'base: process deny /usr/bin/curl', []],
    ['exec /usr/bin/wget --help', 'allow', '', ['process deny /usr/bin/wget: it asks for other arguments']],
    ['kernel ptrace', 'allow', 'base: kernelSurface allow ptrace', []],
    ['kernel bpf', 'would-deny', 'base: kernelSurface default', []],
    [
      '/usr/sbin/nginx connect 10.0.0.1:80/tcp',
      'deny',
      'team: network default',
      ['network allow connect 443: it asks for another family, protocol, address or port'],
    ],
    ['syscall mount', 'allow', '', []],
  ])('%s: %s by %s', (text, outcome, by, near) => {
    expect(explained(text)).toMatchObject({ outcome, by, near });
  });

  test('says of what is allowed how much of it a limit takes', () => {
    const limited = mergePolicies([
      testPolicy('network: { mode: protect, limits: { connections: 5 } }', 'rate'),
      testPolicy('network: { mode: monitor, limits: { egress: 1MiB } }', 'bandwidth'),
    ]);
    const notes = (text: string): readonly string[] =>
      (parseActions(text).actions ?? []).flatMap((action) => explainAction(limited, action).notes);
    expect(notes('connect 10.0.0.1:80/tcp')).toEqual([
      'more than 1048576 bytes sent a second are reported as ones that would be (bandwidth)',
      'more than 5 connections that it begins a second are refused (rate)',
    ]);
    expect(notes('accept 10.0.0.1:80/tcp')).toEqual([
      'more than 1048576 bytes sent a second are reported as ones that would be (bandwidth)',
    ]);
    expect(notes('bind 0.0.0.0:80/tcp')).toEqual([]);
  });

  test('says of a path that is mostly a link what to name', () => {
    expect(explained('/bin/sh read /etc/hosts').notes).toEqual([
      expect.stringContaining('`/bin/sh` is mostly a link'),
    ]);
  });
});
