import type { ChangeReport, PolicyAdministration, Who } from '@runward/state';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { changePolicies, policyDesk, reporting, STATE_OPTIONS } from '../../policy-desk.js';
import { readPolicyFiles } from '../../policy-files.js';
import { printChanges } from '../../policy-text.js';
import { toJson, visible } from '../../terminal.js';
import { readYamlFiles } from '../../yaml-files.js';

export const apply: Command = {
  name: 'policy apply',
  summary: 'put policies of files in force',
  operands: 'FILE|DIR…',
  about: `Policies that are new or changed are put in force, each section in the mode its text says; those that are as they
were stay as they are, with modes that were set by hand. All of them are applied or, if anything is wrong with one, none;
what was in force then stays. A folder stands for its *.yaml files without *.test.yaml.

Refused is what has errors, what is too large for the kernel, and a section in protect that nothing on this machine
enforces, unless it says \`onMissing: alert\`. Without a running agent policies are checked and kept, and in force from its
start; what this machine can enforce is then seen only there.`,
  options: {
    'dry-run': { type: 'boolean', doc: 'say what would change and what is wrong; change nothing' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...STATE_OPTIONS,
  },
  examples: [
    ['runward policy apply web.yaml', 'one policy, or several in one file'],
    ['runward policy apply policies/ --dry-run', 'what a folder of policies would change'],
  ],
  run: applyCommand,
};

async function applyCommand(args: Parsed): Promise<number> {
  if (args.rest.length === 0)
    throw new UsageError('no file is named', 'write `runward policy apply FILE|DIR…`');
  const { files, unreadable } = readYamlFiles(args.rest);
  if (unreadable.length > 0) {
    for (const { path, reason } of unreadable)
      process.stderr.write(`runward: cannot read \`${visible(path)}\`: ${visible(reason)}\n`);
    process.stderr.write('runward: nothing was changed\n');
    return EXIT.usage;
  }
  // A folder and a file of it name the same file twice.
  const unique = [...new Map(files.map(({ name, text }) => [name, { name, text }])).values()];
  const dryRun = args.flag('dry-run');
  const desk = await policyDesk(args);
  const report = await reporting(() =>
    changePolicies(
      desk,
      { path: '/v1/policies/apply', body: { files: unique, dryRun } },
      (administration, who) => applyOffline(administration, who, args.rest, dryRun),
    ),
  );
  if (args.flag('json')) process.stdout.write(`${toJson({ ...report, dryRun })}\n`);
  else {
    printChanges(report);
    process.stderr.write(
      dryRun ? 'runward: a rehearsal: nothing was changed\n' : `runward: ${desk.standing}\n`,
    );
  }
  return EXIT.ok;
}

/** @throws PolicyChangeError POLICY_REJECTED, POLICY_TWICE; StateError */
async function applyOffline(
  administration: PolicyAdministration,
  who: Who,
  paths: readonly string[],
  dryRun: boolean,
): Promise<ChangeReport> {
  const { policiesRejected, splitDocuments } = await import('@runward/state');
  const { hasErrors } = await import('@runward/core');
  const { files, policies, diagnostics } = readPolicyFiles(paths);
  if (hasErrors(diagnostics)) throw policiesRejected(diagnostics);
  const documents = files.flatMap(({ name, text }) => {
    const own = policies.filter(({ span }) => span.file === name);
    return splitDocuments(text, own, name);
  });
  const report = await (dryRun
    ? administration.rehearse(documents, who)
    : administration.apply(documents, who));
  return { ...report, diagnostics: [...diagnostics, ...report.diagnostics] };
}
