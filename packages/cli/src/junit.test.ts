import { parseRuleTests, type RuleTestRun } from '@runward/rules';
import { expect, it } from 'vitest';
import { junitReport } from './junit.js';
import { ruleJunitRun } from './rule-test-text.js';

const [first, second] =
  parseRuleTests({
    name: 'a&b.test.yaml',
    text: '- {name: "a <shell>", event: {evt.type: execve}, fires: []}\n- {name: "b\\e", event: {evt.type: execve}, fires: [X]}\n',
  }).value ?? [];
if (first === undefined || second === undefined) throw new Error('the cases above are not valid');

const coverage = { rules: [], total: 0, covered: 0, percent: 100 };
const nothing = { fired: [], missing: [], unexpected: [], outputs: [], why: [] };
const run: RuleTestRun = {
  results: [
    { ...nothing, test: first, passed: true },
    {
      ...nothing,
      test: second,
      passed: false,
      missing: ['X'],
      why: [{ rule: 'X', reason: 'it is "off"', checks: [] }],
    },
  ],
  ...{ uncovered: [], coverage, diagnostics: [] },
};

it('a report has one suite per file and escapes what cases say', () => {
  expect(junitReport(ruleJunitRun(run))).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="runward rules" tests="2" failures="1" errors="0">
  <properties><property name="coverage" value="100"/></properties>
  <testsuite name="a&amp;b.test.yaml" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="a&amp;b.test.yaml" name="a &lt;shell&gt;" file="a&amp;b.test.yaml" line="1"/>
    <testcase classname="a&amp;b.test.yaml" name="b\ufffd" file="a&amp;b.test.yaml" line="2">
      <failure message="did not fire: \`X\`: it is &quot;off&quot;">FAILED b\\x1b (a&amp;b.test.yaml:2)
    did not fire: \`X\`: it is &quot;off&quot;</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
});
