import { parseRuleTests, type RuleTestResult } from '@runward/rules';
import { expect, it } from 'vitest';
import { failureText } from './rule-test-text.js';

const [test] =
  parseRuleTests({
    name: 'shell.test.yaml',
    text: '\n- name: a shell is seen\n  event: { evt.type: execve }\n  fires: [Shell]\n',
  }).value ?? [];
if (test === undefined) throw new Error('the case above is not valid');

const failed: RuleTestResult = { test, passed: false, fired: [], missing: [], unexpected: [], outputs: [] };

it('a failed case says where it is and which rule did not fire', () => {
  expect(failureText({ ...failed, missing: ['Shell'] })).toBe(
    'FAILED a shell is seen (shell.test.yaml:2)\n    did not fire: `Shell`',
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
