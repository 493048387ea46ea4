import type { Detection, PolicyFinding } from '@runward/detect';
import { fieldCatalogue } from '@runward/events';
import { readSettings } from '@runward/flows/settings';
import { readPolicies } from '@runward/policy';
import type { ObservedAction } from '@runward/policy/observe';
import { loadRules } from '@runward/rules';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IncidentBook } from '../book/book.js';
import type { Incident } from '../incident/incident.js';
import { type Facts, testSighting } from '../testing/detections.js';
import { networkException } from './network-exception.js';
import { policyException } from './policy-exception.js';
import { preventionOf } from './prevention.js';
import { ruleException } from './rule-exception.js';

function incidentOf(...facts: readonly Facts[]): Incident {
  const book = new IncidentBook();
  for (const each of facts) book.take(testSighting(each));
  const [incident] = book.list();
  if (incident === undefined) throw new Error('there is no incident');
  return incident;
}

const START = { section: 'process', ancestors: [], drift: false, fileless: false } as const;
const SOCKET = { section: 'network', family: 'ipv4', protocol: 'tcp', by: '/bin/nc' } as const;

describe('what would have prevented it', () => {
  test.each<readonly [ObservedAction, string]>([
    [{ ...START, path: '/usr/bin/nmap', arguments: '-sS 10.0.0.0/8' }, '{ path: "/usr/bin/nmap" }'],
    [
      { ...START, path: '/bin/busybox', arguments: 'cat *' },
      '{ path: "/bin/busybox", arguments: ["cat \\\\*"] }',
    ],
    [{ ...START, path: '/tmp/x', arguments: '', drift: true }, 'drift: deny'],
    [{ ...START, path: '', arguments: '', fileless: true }, 'fileless: deny'],
    [
      { section: 'file', operation: 'read', path: '/etc/shadow', by: '/bin/cat', owned: false },
      '{ path: "/etc/shadow", operations: [read] }',
    ],
    [
      { section: 'file', operation: 'create', path: '/etc/cron.d/a b*', by: '/bin/sh', owned: true },
      '{ path: "/etc/cron.d/a b*", operations: [modify] }',
    ],
    [
      { ...SOCKET, operation: 'connect', address: '203.0.113.9', port: 4444 },
      '{ operation: connect, cidrs: ["203.0.113.9"], protocols: [tcp], ports: [4444] }',
    ],
    [
      { ...SOCKET, operation: 'connect', family: 'ipv6', address: '2001:db8::1', port: 0, protocol: 'icmp' },
      '{ operation: connect, cidrs: ["2001:db8::1"], protocols: [icmp] }',
    ],
    [
      { ...SOCKET, operation: 'listen', address: '0.0.0.0', port: 31337 },
      '{ operation: listen, ports: [31337], protocols: [tcp] }',
    ],
    [
      { ...SOCKET, operation: 'create', family: 'packet', protocol: 'raw', address: '', port: 0 },
      '{ operation: create, families: [packet] }',
    ],
    [{ section: 'kernelSurface', name: 'bpf' }, '- "bpf"'],
    [{ section: 'capabilities', name: 'SYS_ADMIN' }, '- "SYS_ADMIN"'],
    [{ section: 'privilege', operation: 'setuid-execution' }, 'setuidExecution: deny'],
  ])('%j is a line that policies are read with', (action, line) => {
    const text = preventionOf(incidentOf({ actions: [action], image: 'docker.io/library/nginx:1' }));
    expect(text).toContain(line);
    const { policies, diagnostics } = readPolicies([{ name: 'p', text }]);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(policies[0]?.selector.images).toEqual(['docker.io/library/nginx:1']);
  });

  test.each<readonly [string, Facts]>([
    ['calls alone', { actions: [{ section: 'syscalls', name: 'openat' }] }],
    [
      'paths that are not known',
      { actions: [{ section: 'file', operation: 'read', path: 'x', by: '', owned: false }] },
    ],
    ['the host', { container: null, actions: [{ section: 'kernelSurface', name: 'bpf' }] }],
  ])('%s are no line', (_, facts) => {
    expect(preventionOf(incidentOf(facts))).toBe('');
  });

  test('whatever the names are, what is proposed is a policy or nothing', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(text, text, text, text, (path, args, image, name) => {
        const actions: readonly ObservedAction[] = [
          { ...START, path: `/${path}`, arguments: args },
          { ...START, path: '/bin/sh', arguments: args },
          { section: 'file', operation: 'write', path: `/${path}`, by: path, owned: true },
          { ...SOCKET, operation: 'connect', address: path, port: 1 },
        ];
        const proposal = preventionOf(incidentOf({ actions, image, name, container: 'c' }));
        const { policies, diagnostics } = readPolicies([{ name: 'p', text: proposal }]);
        expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(policies).toHaveLength(proposal === '' ? 0 : 1);
      }),
      { numRuns: 50 },
    );
  });
});

const RULES = [
  {
    name: 'r.yaml',
    text: `
- rule: Shell
  desc: d
  condition: evt.type = execve and proc.name = sh
  output: "shell %proc.exepath %proc.cmdline"
  priority: NOTICE
`,
  },
];

describe('the exception of a false positive', () => {
  const ruleSet = loadRules(RULES, { catalogue: fieldCatalogue }).value;
  if (ruleSet === undefined) throw new Error('the rules have errors');

  test('names what was seen and silences it, and is read behind the rules', () => {
    const fields: Detection['output_fields'] = { 'proc.exepath': '/bin/sh', 'proc.cmdline': 'sh /backup.sh' };
    const incident = incidentOf(
      { fields, image: 'registry.example/backup:3' },
      { fields, image: 'registry.example/backup:3', atMs: 5 },
    );
    const { text, remarks } = ruleException(incident, RULES, ruleSet);
    expect(remarks).toEqual([]);
    expect(text).toContain('registry.example/backup');
    expect(text).toContain('exceptions: append');
    const loaded = loadRules([...RULES, { name: 'x.yaml', text }], { catalogue: fieldCatalogue });
    expect(loaded.diagnostics).toEqual([]);
  });

  test('of a rule that is not loaded any more says so', () => {
    const { text, remarks } = ruleException(incidentOf({ rule: 'Gone' }), RULES, ruleSet);
    expect([text, remarks]).toEqual(['', ['the rule `Gone` is not loaded any more']]);
  });

  const POLICY = `apiVersion: runward.dev/v1alpha1
kind: RuntimePolicy
metadata: { name: web }
spec:
  process:
    default: deny
    allow: [/usr/sbin/nginx]
  file:
    deny:
      - { directory: /etc, operations: [write], comment: comes with the image }
  kernelSurface:
    deny: [bpf]
`;
  const policies = [{ name: 'web', file: 'web.yaml', text: POLICY }];
  const finding = (facts: Partial<PolicyFinding>): Facts => ({
    ...{ source: 'policy', rule: 'Policy web', priority: 'Warning', tags: ['policy'], image: 'nginx:1' },
    policy: {
      ...{ policy: 'web', section: 'process', file: 'web.yaml', line: 6, comment: '', outcome: 'denied' },
      ...{ mechanism: 'lsm', operation: 'start', object: '/bin/id', note: '', ...facts },
    },
  });

  test.each<readonly [Partial<PolicyFinding>, string]>([
    [{}, '{ path: "/bin/id" }'],
    [
      { section: 'file', operation: 'read', object: '/srv/x', line: 99 },
      '{ path: "/srv/x", operations: [read] }',
    ],
    [
      { section: 'network', operation: 'connect', object: '192.0.2.1:443' },
      '{ operation: "connect", cidrs: ["192.0.2.1"], ports: [443] }',
    ],
    [
      { section: 'network', operation: 'connect', object: '[2001:db8::1]:53' },
      'cidrs: ["2001:db8::1"], ports: [53]',
    ],
    [
      { section: 'network', operation: 'create', object: 'ipv4 raw' },
      '{ operation: "create", families: ["ipv4"] }',
    ],
    [{ section: 'capabilities', operation: 'NET_RAW', object: '' }, '"NET_RAW"'],
  ])('what a default denied (%j) is allowed by a policy of its own, in protect', (facts, line) => {
    const { text, changes } = policyException(incidentOf(finding(facts)), policies);
    expect(changes).toEqual([]);
    expect(text).toContain(line);
    const reading = readPolicies([{ name: 'p', text }]);
    expect(reading.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(text).toContain('mode: protect');
  });

  test('what a line denied becomes an exception of that line, which is read in its place', () => {
    const facts = finding({ section: 'file', operation: 'write', object: '/etc/app.conf', line: 10 });
    const { text, changes } = policyException(incidentOf(facts), policies);
    expect(text).toBe('');
    expect(changes).toMatchObject([{ policy: 'web', file: 'web.yaml', line: 10 }]);
    const rows = POLICY.split('\n');
    rows[9] = `      ${changes[0]?.yaml}`;
    const reading = readPolicies([{ name: 'web.yaml', text: rows.join('\n') }]);
    expect(reading.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(reading.policies[0]?.file?.deny[0]).toMatchObject({
      ...{
        pattern: { kind: 'directory', text: '/etc' },
        operations: ['write'],
        comment: 'comes with the image',
      },
      except: [{ kind: 'path', text: '/etc/app.conf' }],
    });
  });

  test('a line that takes no exceptions is named', () => {
    const facts = finding({ section: 'kernelSurface', operation: 'bpf', object: '', line: 12 });
    expect(policyException(incidentOf(facts), policies).changes).toMatchObject([{ line: 12, yaml: '' }]);
  });

  test('of a network detection is an exception of the settings', () => {
    const fields = { 'flow.detector': 'beacon', 'flow.address': '203.0.113.7', 'flow.port': 443 };
    const text = networkException(incidentOf({ source: 'flow', rule: 'Network: beacon', pid: 0, fields }));
    const { settings, problems } = readSettings({ name: 'n.yaml', text });
    expect(problems).toEqual([]);
    expect(settings.exceptions).toHaveLength(1);
  });
});
