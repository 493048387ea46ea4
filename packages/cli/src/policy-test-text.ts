import {
  actionText,
  type CaseMiss,
  type LinesCovered,
  lineLabel,
  type PolicyTestResult,
  type PolicyTestRun,
} from '@runward/policy';
import type { JunitRun } from './junit.js';
import { explanationRow, placeText } from './policy-explain-text.js';
import { visible } from './terminal.js';

const OUTCOMES = {
  allow: 'allowed',
  'would-deny': 'only reported as one that would be denied',
  deny: 'denied',
};

/** What a failed case of `policy test` had instead of what it should. */
export function failureText({ test, misses }: PolicyTestResult): string {
  const by = test.by === undefined ? '' : ` by \`${visible(test.by)}\``;
  return [
    `FAILED ${visible(test.name)} (${visible(test.span.file)}:${test.span.line}): expected ${test.expect}${by}`,
    ...misses.map(missText),
  ].join('\n    ');
}

function missText({ action, explanation: { outcome, line } }: CaseMiss): string {
  const by =
    line === undefined
      ? 'no line is about it'
      : `by \`${visible(lineLabel(line))}\` of ${visible(line.policy)}, ${placeText(line)}`;
  return `${visible(actionText(action))}: ${OUTCOMES[outcome]}, ${by}`;
}

/** Lines no case is decided by. */
export const uncoveredLines = ({ lines }: LinesCovered): readonly string[] =>
  lines
    .filter(({ decided }) => decided === 0)
    .map(
      ({ policy, label, file, line }) =>
        `no case is decided by \`${visible(label)}\` of ${visible(policy)} (${visible(file)}:${line})`,
    );

/** A run of `policy test` for JUnit. */
export const policyJunitRun = ({ results, coverage }: PolicyTestRun): JunitRun => ({
  name: 'runward policies',
  cases: results.map((result) => ({
    ...{ file: result.test.span.file, line: result.test.span.line, name: result.test.name },
    failure: result.passed ? undefined : failureText(result),
  })),
  coveragePercent: coverage.percent,
});

/** A run for machines. */
export const runRow = ({ results, coverage, diagnostics }: PolicyTestRun) => ({
  results: results.map(({ test, passed, misses }) => ({
    ...{ name: test.name, file: test.span.file, line: test.span.line, expect: test.expect },
    ...{ by: test.by ?? null, actions: test.actions.map(({ text }) => text), passed },
    misses: misses.map(({ explanation }) => explanationRow(explanation)),
  })),
  coverage,
  diagnostics,
});
