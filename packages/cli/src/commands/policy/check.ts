import { checkPolicies, readPolicyCases } from '@runward/policy';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { readPolicyFiles } from '../../policy-files.js';
import { printPolicyDiagnostics } from '../../policy-text.js';
import { countOf } from '../../replay-session.js';
import { toJson } from '../../terminal.js';
import { readYamlFiles } from '../../yaml-files.js';

export const check: Command = {
  name: 'policy check',
  summary: 'report every problem of policy files, and lines that contradict each other',
  operands: 'FILE|DIR…',
  about: `Reads the files and reports all that is wrong with them in one pass, with its place: what \`policy apply\` would refuse,
what exceeds a limit of the kernel, and as warnings lines that can decide nothing: they are there twice, their
exceptions leave nothing of them, others before them are about all of it, or a policy that can select the same
container denies what they allow. Policies that are to be in force together are best checked together.

Files named *.test.yaml are read as cases. Exit code 2 when there is an error; warnings change nothing of it.`,
  options: { json: { type: 'boolean', doc: 'one JSON object: valid, errors, warnings' } },
  examples: [['runward policy check policies', 'all policies of a folder, together']],
  run: checkCommand,
};

async function checkCommand(args: Parsed): Promise<number> {
  if (args.rest.length === 0) throw new UsageError('no file is named', 'write `runward policy check FILE…`');
  // `policies/*.yaml` of a shell names the cases as well.
  const cases = args.rest.filter((path) => /\.test\.ya?ml$/.test(path));
  const { policies, diagnostics: found } = readPolicyFiles(args.rest.filter((path) => !cases.includes(path)));
  const { files, unreadable } = readYamlFiles(cases);
  const [missing] = unreadable;
  if (missing !== undefined)
    throw new UsageError(`cannot read \`${missing.path}\`: ${missing.reason}`, 'check that it exists');
  const inCases = files.flatMap((file) => readPolicyCases(file).diagnostics);
  const diagnostics = [...found, ...checkPolicies(policies), ...inCases];
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning');
  if (args.flag('json'))
    process.stdout.write(`${toJson({ valid: errors.length === 0, errors, warnings })}\n`);
  else {
    printPolicyDiagnostics(diagnostics);
    const sound = countOf(policies.length, 'policy').replace('policys', 'policies');
    process.stdout.write(
      errors.length === 0
        ? `valid: ${sound}, ${countOf(warnings.length, 'warning')}\n`
        : `invalid: ${countOf(errors.length, 'error')}, ${countOf(warnings.length, 'warning')}\n`,
    );
  }
  return errors.length === 0 ? EXIT.ok : EXIT.usage;
}
