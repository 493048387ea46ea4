import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasErrors } from '@runward/core';
import {
  type PolicyDiagnostic,
  type PolicyTestRun,
  type PolicyTestSuite,
  type RuntimePolicy,
  readPolicyCases,
  runPolicyCases,
} from '@runward/policy';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { junitReport } from '../../junit.js';
import { writeOutput } from '../../output-file.js';
import { soundPolicies } from '../../policy-files.js';
import { failureText, policyJunitRun, runRow, uncoveredLines } from '../../policy-test-text.js';
import { printPolicyDiagnostics } from '../../policy-text.js';
import { toJson } from '../../terminal.js';
import { coverageMinimum, testFolder } from '../../test-options.js';

export const test: Command = {
  name: 'policy test',
  summary: 'try the cases beside policies: what they allow and deny, by which line',
  operands: 'DIR',
  about: `Runs the cases of *.test.yaml in a folder of policies. Those of web.test.yaml are about the policies of web.yaml, unless
they name others or say who acts. A case has actions, as \`policy explain\` reads them, what is expected (allow,
would-deny or deny) and, if wanted, the label of the line that decides:

  - name: nobody plants a job
    actions: ["/bin/dash write /etc/cron.d/x"]
    expect: would-deny
    by: file deny /etc/cron.d/**

A line is covered when it decides an action of a case that passed. Exit code 1 when a case fails or the coverage is too
low, 2 when a file has errors.`,
  options: {
    'coverage-min': { type: 'string', value: 'PERCENT', doc: 'fail when fewer lines decide something' },
    junit: {
      type: 'string',
      value: 'FILE',
      doc: 'also write JUnit XML; `-`: to standard output instead of text',
    },
    json: { type: 'boolean', doc: 'one JSON object' },
  },
  examples: [['runward policy test policies --coverage-min 100 --junit report.xml', 'in a pipeline']],
  run: testCommand,
};

async function testCommand(args: Parsed): Promise<number> {
  const folder = testFolder(args.rest, undefined, 'policies');
  const minimum = coverageMinimum(args.text('coverage-min'));
  const policies = soundPolicies([folder]);
  if (policies === undefined) return EXIT.usage;
  const { suites, diagnostics } = readSuites(folder, policies);
  printPolicyDiagnostics(diagnostics);
  const run = runPolicyCases(suites, policies);
  printPolicyDiagnostics(run.diagnostics);
  const junit = args.text('junit');
  if (junit !== undefined) writeOutput(junit, junitReport(policyJunitRun(run)));
  if (args.flag('json')) process.stdout.write(`${toJson(runRow(run))}\n`);
  else if (junit !== '-') process.stdout.write(`${text(run)}\n`);
  if (hasErrors([...diagnostics, ...run.diagnostics])) return EXIT.usage;
  if (run.results.some(({ passed }) => !passed)) return EXIT.failure;
  if (minimum === undefined || run.coverage.percent >= minimum) return EXIT.ok;
  process.stderr.write(`coverage is ${run.coverage.percent} %, at least ${minimum} % is asked for\n`);
  return EXIT.failure;
}

function readSuites(
  folder: string,
  policies: readonly RuntimePolicy[],
): { readonly suites: readonly PolicyTestSuite[]; readonly diagnostics: readonly PolicyDiagnostic[] } {
  const suites: PolicyTestSuite[] = [];
  const diagnostics: PolicyDiagnostic[] = [];
  const names = readdirSync(folder).filter((name) => /^[^.].*\.test\.ya?ml$/.test(name));
  for (const name of names.sort()) {
    const path = join(folder, name);
    const { cases, diagnostics: found } = readPolicyCases({ name: path, text: readFileSync(path, 'utf8') });
    const stem = path.replace(/\.test\.ya?ml$/, '');
    const beside = policies.filter(({ span }) => span.file.replace(/\.ya?ml$/, '') === stem);
    suites.push({ cases, policies: beside });
    diagnostics.push(...found);
  }
  return { suites, diagnostics };
}

function text({ results, coverage }: PolicyTestRun): string {
  const failed = results.filter(({ passed }) => !passed);
  return [
    ...failed.map(failureText),
    ...uncoveredLines(coverage),
    `${results.length - failed.length} passed, ${failed.length} failed; ${coverage.covered} of ${coverage.total} lines decide something (${coverage.percent} %)`,
  ].join('\n');
}
