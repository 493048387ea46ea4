import type { RuleTestResult, RuleTestRun } from '@runward/rules';
import { failureText } from './rule-test-text.js';

/** Characters XML 1.0 cannot hold, lone surrogates among them. */
const UNFIT = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const escaped = (text: string): string =>
  text
    .replace(UNFIT, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');

function testCase(result: RuleTestResult): string {
  const { test, passed } = result;
  const head = `    <testcase classname="${escaped(test.span.file)}" name="${escaped(test.name)}" file="${escaped(test.span.file)}" line="${test.span.line}"`;
  if (passed) return `${head}/>`;
  const [first = '', ...rest] = failureText(result).split('\n');
  return `${head}>\n      <failure message="${escaped(rest[0]?.trim() ?? first)}">${escaped([first, ...rest].join('\n')).replaceAll('&#10;', '\n')}</failure>\n    </testcase>`;
}

/** The run as JUnit XML: one suite per file of tests, coverage as its properties. */
export function junitReport({ results, coverage }: RuleTestRun): string {
  const byFile = new Map<string, RuleTestResult[]>();
  for (const result of results) {
    const { file } = result.test.span;
    byFile.set(file, [...(byFile.get(file) ?? []), result]);
  }
  const failures = (some: readonly RuleTestResult[]): number => some.filter((r) => !r.passed).length;
  const suites = [...byFile].map(([file, some]) =>
    [
      `  <testsuite name="${escaped(file)}" tests="${some.length}" failures="${failures(some)}" errors="0" skipped="0">`,
      ...some.map(testCase),
      '  </testsuite>',
    ].join('\n'),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="runward rules" tests="${results.length}" failures="${failures(results)}" errors="0">`,
    `  <properties><property name="coverage" value="${coverage.percent}"/></properties>`,
    ...suites,
    '</testsuites>\n',
  ].join('\n');
}
