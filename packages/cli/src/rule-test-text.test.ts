import { parseRuleTests, type RuleTestResult } from '@runward/rules';
import { expect, it } from 'vitest';
import { failureText } from './rule-test-text.js';

const [test] =
  parseRuleTests({
    name: 'shell.test.yaml',
    text: '\n- name: a shell is seen\n  event: { evt.type: execve }\n  fires: [Shell]\n',
  }).value ?? [];
if (test === undefined) throw new Error('the case above is not valid');

const failed: RuleTestResult = {
  test,
  passed: false,
  fired: [],
  missing: [],
  unexpected: [],
  outputs: [],
  why: [],
};

it('a failed case says where it is, which rule did not fire and what kept it from firing', () => {
  const checks = [
    { condition: 'proc.name = sh', value: 'bash' },
    { condition: 'fd.num >= 0', value: '<NA>' },
  ];
  const why = [
    { rule: 'Shell', reason: '', checks },
    { rule: 'Other', reason: 'it is about connect', checks: [] },
  ];
  expect(failureText({ ...failed, missing: ['Shell', 'Other'], why })).toBe(
    [
      'FAILED a shell is seen (shell.test.yaml:2)',
      'did not fire: `Shell`',
      '  not met: proc.name = sh (the event has `bash`)',
      '  not met: fd.num >= 0 (the event has no value there)',
      'did not fire: `Other`: it is about connect',
    ].join('\n    '),
  );
});

it('says which rules fired although they should not, and which output lacks what', () => {
  const text = failureText({
    ...failed,
    unexpected: ['A', 'B'],
    outputs: [{ rule: 'C', wanted: 'user=root', output: 'user=\u001b[2J' }],
  });
  expect(text).toContain('fired although it should not: `A`, `B`');
  expect(text).toContain('output of `C` lacks `user=root`: user=\\x1b[2J');
});
