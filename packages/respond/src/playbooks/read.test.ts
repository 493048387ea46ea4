import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPlaybooks } from './read.js';

const HEAD = 'apiVersion: runward.dev/v1alpha1\nkind: ResponsePlaybook\nmetadata: {name: p}\n';
const problems = (text: string): readonly string[] =>
  readPlaybooks([{ name: 'p.yaml', text }]).diagnostics.map(
    ({ code, message, span }) => `${span.line}:${span.column} ${code} ${message}`,
  );
const spec = (text: string): readonly string[] =>
  problems(`${HEAD}spec:\n  match: {rules: [x]}\n  ${text}\n`);

describe('a playbook file', () => {
  test('may hold all there is', () => {
    const text = `${HEAD}spec:
  description: all
  owner: me
  mode: act
  match:
    rules: [a*]
    tags: [t]
    minPriority: Error
    sources: [syscall, policy, flow]
    selector: {namespaces: [x], images: ['y*']}
    count: {atLeast: 3, within: 10m, per: workload}
  guards:
    never: [{namespaces: [kube-system]}, {podLabels: {app: db}}]
    minHealthyReplicas: 2
    maxContainersPerHour: 3
    hours: {days: [mon, fri], from: "22:00", to: "06:30", zone: local}
    approval: {within: 15m}
  cooldown: 1h
  breaker: {workloads: 3, within: 2m, rest: 2h}
  actions:
    - snapshot: {maxSize: 100MB}
    - kill-process
    - isolate: {allow: [192.0.2.7], for: 1h}
    - throttle: {cpus: 0.5, pids: 10}
    - quarantine: {by: isolate}
    - stop: {grace: 30s}
    - capture
    - revoke: {with: [idp]}
    - label: {set: [q=yes], remove: [app]}
    - delete-pod: {graceSeconds: 5}
    - scale: {replicas: 0}
    - exec: {script: detach, timeout: 1m}
    - webhook: {to: tickets}
`;
    const { playbooks, diagnostics } = readPlaybooks([{ name: 'p.yaml', text }]);
    expect(diagnostics).toEqual([]);
    expect(playbooks[0]).toMatchObject({
      actions: [
        { action: 'snapshot', maxBytes: 100 * 1024 ** 2 },
        { action: 'kill-process' },
        { action: 'isolate', allow: ['192.0.2.7'], forMs: 3_600_000 },
        { action: 'throttle', cpus: 0.5, pids: 10 },
        { action: 'quarantine', by: 'isolate', allow: [] },
        { action: 'stop', graceMs: 30_000 },
        { action: 'capture' },
        { action: 'revoke', with: ['idp'] },
        { action: 'label', set: ['q=yes'], remove: ['app'] },
        { action: 'delete-pod', graceSeconds: 5 },
        { action: 'scale', replicas: 0 },
        { action: 'exec', script: 'detach', timeoutMs: 60_000 },
        { action: 'webhook', to: 'tickets' },
      ],
      guards: { hours: { fromMinute: 1320, toMinute: 390, zone: 'local' }, approvalMs: 900_000 },
      match: { count: { per: 'workload', withinMs: 600_000 } },
    });
  });

  test.each([
    ['actions: []', '6:12 POLICY_VALUE there is no action'],
    ['actions: [explode]', '6:13 POLICY_VALUE `explode` is not known for `actions[0]`'],
    ['actions: [exec]', '6:13 POLICY_VALUE `exec` needs `script`'],
    ['actions: [{exec: {script: ../x}}]', '6:29 POLICY_VALUE `../x` is not the name of a file'],
    ['actions: [{label: {set: ["a b=c"]}}]', '6:13 POLICY_VALUE `a b=c` is no set'],
    ['actions: [throttle]', '6:13 POLICY_VALUE `throttle` has no limit'],
    ['actions: [{pause: {}, stop: {}}]', '6:14 POLICY_VALUE only one of `kill-process`'],
    ['actions: [{stop: {grace: 1h}}]', '6:28 POLICY_VALUE `1h` is not a time'],
    ['actions: [{snapshot: {maxSize: 1}}]', '6:34 POLICY_VALUE `1` is not a size'],
    ['actions: [pause]\n  guards: {never: [{}]}', '7:20 POLICY_VALUE this would fit every container'],
    [
      'actions: [pause]\n  guards: {hours: {from: 8, to: "9:00"}}',
      '7:26 POLICY_VALUE `8` is not a time of the day',
    ],
    ['actions: [pause]\n  guard: {}', '7:3 POLICY_KEY_UNKNOWN unknown key `guard`'],
    ['actions: [pause]\n  breaker: {workloads: 1}', '7:24 POLICY_VALUE `1` is not a whole number from 2'],
    ['actions: [pause]\n  cooldown: 8d', '7:13 POLICY_VALUE `8d` is not a time'],
  ])('with %j is told what is wrong, and where', (text, problem) => {
    expect(spec(text)[0]).toContain(problem);
  });

  test('that fits everything by saying nothing is refused', () => {
    expect(problems(`${HEAD}spec: {match: {}, actions: [pause]}\n`).join()).toContain('says nothing');
    expect(problems('')).toEqual(['1:1 POLICY_DOCUMENT the file holds no playbook']);
    expect(problems('- a\n')).toEqual(['1:1 POLICY_DOCUMENT a playbook is a mapping, not a list']);
    const one = `${HEAD}spec: {match: {rules: [x]}, actions: [pause]}\n`;
    expect(problems(`${one}---\n${one}`).join()).toContain('POLICY_NAME_TAKEN');
  });

  test('may hold anything without an exception', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'apiVersion: {}[]-#"\n&*!|>kdms0'.split('')) }),
        (text) => {
          readPlaybooks([{ name: 'x', text: `${HEAD}spec:\n  ${text}` }]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
