import { readPlaybookCases } from '@runward/respond/playbooks';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { readPlaybookFiles } from '../../playbook-files.js';
import { printPolicyDiagnostics } from '../../policy-text.js';
import { countOf } from '../../replay-session.js';
import { toJson } from '../../terminal.js';
import { readYamlFiles } from '../../yaml-files.js';

export const check: Command = {
  name: 'playbook check',
  summary: 'report every problem of playbook files',
  operands: 'FILE|DIR…',
  about: `Reads the files and reports all that is wrong with them in one pass, with its place. Files named *.test.yaml are read as cases.
Exit code 2 when there is an error.`,
  options: { json: { type: 'boolean', doc: 'one JSON object: valid, errors' } },
  examples: [['runward playbook check playbooks', 'all playbooks of a folder']],
  run: checkCommand,
};

async function checkCommand(args: Parsed): Promise<number> {
  if (args.rest.length === 0)
    throw new UsageError('no file is named', 'write `runward playbook check FILE…`');
  const cases = args.rest.filter((path) => /\.test\.ya?ml$/.test(path));
  const { playbooks, diagnostics: found } = readPlaybookFiles(
    args.rest.filter((path) => !cases.includes(path)),
  );
  const { files, unreadable } = readYamlFiles(cases);
  const [missing] = unreadable;
  if (missing !== undefined)
    throw new UsageError(`cannot read \`${missing.path}\`: ${missing.reason}`, 'check that it exists');
  const errors = [...found, ...readPlaybookCases(files).diagnostics];
  const isValid = errors.length === 0;
  if (args.flag('json')) process.stdout.write(`${toJson({ valid: isValid, errors })}\n`);
  else {
    printPolicyDiagnostics(errors);
    const text = isValid
      ? `valid: ${countOf(playbooks.length, 'playbook')}`
      : `invalid: ${countOf(errors.length, 'error')}`;
    process.stdout.write(`${text}\n`);
  }
  return isValid ? EXIT.ok : EXIT.usage;
}
