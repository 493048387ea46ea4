import type { MissingRule, RuleCoverage, RuleTestResult, RuleTestRun } from '@runward/rules';
import type { JunitRun } from './junit.js';
import { visible } from './terminal.js';

const quoted = (names: readonly string[]): string => names.map((name) => `\`${visible(name)}\``).join(', ');

/** What a failed case of `rules test` did instead of what it should. */
export function failureText({ test, why, unexpected, outputs }: RuleTestResult): string {
  const lines = [`FAILED ${visible(test.name)} (${visible(test.span.file)}:${test.span.line})`];
  for (const missing of why) lines.push(...missingLines(missing));
  if (unexpected.length > 0) lines.push(`fired although it should not: ${quoted(unexpected)}`);
  for (const { rule, wanted, output } of outputs) {
    lines.push(`output of \`${visible(rule)}\` lacks \`${visible(wanted)}\`: ${visible(output)}`);
  }
  return lines.join('\n    ');
}

const missingLines = ({ rule, reason, checks }: MissingRule): readonly string[] => [
  `did not fire: \`${visible(rule)}\`${reason === '' ? '' : `: ${visible(reason)}`}`,
  ...checks.map(({ condition, value }) => {
    const has = value === '<NA>' ? 'the event has no value there' : `the event has \`${visible(value)}\``;
    return `  not met: ${visible(condition)} (${has})`;
  }),
];

/** What no case exercises. */
export function coverageLines({ rules }: RuleCoverage): readonly string[] {
  return rules.flatMap(({ name, covered, exceptions }) => {
    const lines = covered ? [] : [`no case fires: ${visible(name)}`];
    for (const exception of exceptions) {
      for (const { entry, excepted, passedOver } of exception.entries) {
        const where = `exception \`${visible(exception.name)}\` of ${visible(name)}: \`${visible(entry)}\``;
        if (excepted === 0) lines.push(`no case is excepted by ${where}`);
        else if (passedOver === 0) lines.push(`no case fires in spite of ${where}`);
      }
    }
    return lines;
  });
}

/** A run of `rules test` for {@link junitReport}. */
export const ruleJunitRun = ({ results, coverage }: RuleTestRun): JunitRun => ({
  name: 'runward rules',
  cases: results.map((result) => ({
    file: result.test.span.file,
    line: result.test.span.line,
    name: result.test.name,
    failure: result.passed ? undefined : failureText(result),
  })),
  coveragePercent: coverage.percent,
});
