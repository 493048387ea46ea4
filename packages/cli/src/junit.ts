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

/** One case of rules or policies that was tried. */
export interface JunitCase {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** Why it failed, several lines; undefined: it passed. */
  readonly failure: string | undefined;
}

export interface JunitRun {
  /** What was tried, such as `runward rules`. */
  readonly name: string;
  readonly cases: readonly JunitCase[];
  readonly coveragePercent: number;
}

function testCase({ file, line, name, failure }: JunitCase): string {
  const head = `    <testcase classname="${escaped(file)}" name="${escaped(name)}" file="${escaped(file)}" line="${line}"`;
  if (failure === undefined) return `${head}/>`;
  const [first = '', ...rest] = failure.split('\n');
  return `${head}>\n      <failure message="${escaped(rest[0]?.trim() ?? first)}">${escaped([first, ...rest].join('\n')).replaceAll('&#10;', '\n')}</failure>\n    </testcase>`;
}

/** The run as JUnit XML: one suite per file of tests, coverage as its properties. */
export function junitReport({ name, cases, coveragePercent }: JunitRun): string {
  const byFile = new Map<string, JunitCase[]>();
  for (const one of cases) byFile.set(one.file, [...(byFile.get(one.file) ?? []), one]);
  const failures = (some: readonly JunitCase[]): number => some.filter((c) => c.failure !== undefined).length;
  const suites = [...byFile].map(([file, some]) =>
    [
      `  <testsuite name="${escaped(file)}" tests="${some.length}" failures="${failures(some)}" errors="0" skipped="0">`,
      ...some.map(testCase),
      '  </testsuite>',
    ].join('\n'),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escaped(name)}" tests="${cases.length}" failures="${failures(cases)}" errors="0">`,
    `  <properties><property name="coverage" value="${coveragePercent}"/></properties>`,
    ...suites,
    '</testsuites>\n',
  ].join('\n');
}
