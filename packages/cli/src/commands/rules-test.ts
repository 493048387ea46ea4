import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { factJudges } from '@runward/detect';
import { allFields, fieldCatalogue } from '@runward/events';
import {
  loadRules,
  parseRuleTests,
  type RuleTest,
  type RuleTestRun,
  runRuleTests,
  withFlowRules,
} from '@runward/rules';
import { EXIT, type Parsed } from '../command.js';
import { printDiagnostics } from '../diagnostics-text.js';
import { defaultRules } from '../installation.js';
import { junitReport } from '../junit.js';
import { writeOutput } from '../output-file.js';
import { readRuleFiles } from '../rule-files.js';
import { coverageLines, failureText, ruleJunitRun } from '../rule-test-text.js';
import { coverageMinimum, testFolder } from '../test-options.js';

/** `rules test [DIR]` */
export async function testRules(paths: readonly string[], args: Parsed): Promise<number> {
  const folder = testFolder(paths, defaultRules, 'rules');
  const minimum = coverageMinimum(args.text('coverage-min'));
  const { files, problems } = await readRuleFiles([folder]);
  const { value, diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
  printDiagnostics([...problems, ...diagnostics.filter((d) => d.severity === 'error')]);
  if (value === undefined) return EXIT.usage;
  const { tests, broken } = readTests(folder);
  const report = runRuleTests(withFlowRules(value), tests, allFields, factJudges(value, fieldCatalogue));
  printDiagnostics(report.diagnostics);
  const junit = args.text('junit');
  if (junit !== undefined) writeOutput(junit, junitReport(ruleJunitRun(report)));
  if (args.flag('json')) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else if (junit !== '-') process.stdout.write(`${text(report)}\n`);
  if (broken || report.diagnostics.some((d) => d.severity === 'error')) return EXIT.usage;
  if (report.results.some((result) => !result.passed)) return EXIT.failure;
  if (minimum === undefined || report.coverage.percent >= minimum) return EXIT.ok;
  process.stderr.write(`coverage is ${report.coverage.percent} %, at least ${minimum} % is asked for\n`);
  return EXIT.failure;
}

function readTests(folder: string): { readonly tests: readonly RuleTest[]; readonly broken: boolean } {
  const tests: RuleTest[] = [];
  let broken = false;
  const names = readdirSync(folder).filter((name) => /\.test\.ya?ml$/.test(name));
  for (const name of names.sort()) {
    const path = join(folder, name);
    const parsed = parseRuleTests({ name: path, text: readFileSync(path, 'utf8') });
    printDiagnostics(parsed.diagnostics);
    if (parsed.value === undefined) broken = true;
    else tests.push(...parsed.value);
  }
  return { tests, broken };
}

function text({ results, coverage }: RuleTestRun): string {
  const failed = results.filter((result) => !result.passed);
  const passed = results.length - failed.length;
  return [
    ...failed.map(failureText),
    ...coverageLines(coverage),
    `${passed} passed, ${failed.length} failed; ${coverage.covered} of ${coverage.total} rules and exceptions exercised (${coverage.percent} %)`,
  ].join('\n');
}
