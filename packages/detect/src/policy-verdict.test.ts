import { testContainer, testProcess } from '@runward/events/testing';
import { expect, test } from 'vitest';
import { describeVerdict, type PolicyFinding } from './policy-verdict.js';

const finding: PolicyFinding = {
  policy: 'web',
  section: 'file',
  file: 'web.yaml',
  line: 12,
  comment: 'nothing here writes to cron',
  outcome: 'denied',
  mechanism: 'lsm',
  operation: 'write',
  object: '/etc/cron.d/x',
  note: '',
};
const accounts = {
  userName: () => 'www',
  userHome: () => undefined,
  userShell: () => undefined,
  groupName: () => undefined,
};
const scene = {
  timeNs: 1_000_000_001n,
  hostname: 'h',
  process: testProcess(),
  container: testContainer(),
  accounts,
};

test('a verdict is a detection that names line, process and container', () => {
  const detection = describeVerdict(finding, scene);
  const { name, exe, args } = detection.process;
  expect(detection).toMatchObject({
    time: '1970-01-01T00:00:01.000000001Z',
    rule: 'Policy web: file',
    priority: 'Warning',
    source: 'policy',
    tags: ['policy', 'file'],
    policy: finding,
    container: { id: scene.container.id },
  });
  expect(detection.output).toBe(
    `denied by web.yaml:12 (nothing here writes to cron): ${name} write /etc/cron.d/x | process=${exe} command=${args.join(' ')} user=www mechanism=lsm`,
  );
  expect(detection.output_fields).toMatchObject({ 'policy.line': 12, 'policy.outcome': 'denied' });
});

test('what happened all the same is less urgent, and an operation may say it all', () => {
  const detection = describeVerdict(
    { ...finding, outcome: 'would deny', comment: '', object: '', operation: 'NET_RAW' },
    { ...scene, container: undefined },
  );
  expect(detection.priority).toBe('Notice');
  expect(detection.output).toContain(`would be denied by web.yaml:12: ${detection.process.name} NET_RAW |`);
  expect(detection.container).toBeNull();
});
