import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPlaybookCases, runPlaybookCases } from '@runward/respond/playbooks';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { soundPlaybooks } from '../../playbook-files.js';
import { printPolicyDiagnostics } from '../../policy-text.js';
import { toJson, visible } from '../../terminal.js';
import { testFolder } from '../../test-options.js';

export const test: Command = {
  name: 'playbook test',
  summary: 'try the cases beside playbooks',
  operands: 'DIR',
  about: `Runs the cases of *.test.yaml in a folder of playbooks. A case shows one playbook some detections and says what it makes of each:
act, ask, dry-run, held, breaker or nothing.

  - case: one container is enough, the system's are left alone
    playbook: contain-miner
    steps:
      - { rule: Miner started, priority: Critical, container: web, expect: dry-run }
      - { at: 5s, rule: Miner started, namespace: kube-system, container: dns, expect: held }

Exit code 1 when a case fails, 2 when a file has errors.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' } },
  examples: [['runward playbook test playbooks', 'in a pipeline']],
  run: testCommand,
};

async function testCommand(args: Parsed): Promise<number> {
  const folder = testFolder(args.rest, undefined, 'playbooks');
  const playbooks = soundPlaybooks([folder]);
  if (playbooks === undefined) return EXIT.usage;
  const names = readdirSync(folder).filter((name) => /^[^.].*\.test\.ya?ml$/.test(name));
  if (names.length === 0)
    throw new UsageError(
      `\`${folder}\` holds no *.test.yaml`,
      'write cases: `runward playbook test --help` has one',
    );
  const files = names.sort().map((name) => {
    const path = join(folder, name);
    return { name: path, text: readFileSync(path, 'utf8') };
  });
  const { cases, diagnostics } = readPlaybookCases(files);
  printPolicyDiagnostics(diagnostics);
  const results = runPlaybookCases(playbooks, cases);
  const failed = results.filter(({ failures }) => failures.length > 0);
  if (args.flag('json'))
    process.stdout.write(`${toJson({ passed: results.length - failed.length, failed })}\n`);
  else {
    for (const { file, line, name, failures } of failed)
      process.stdout.write(
        `${visible(`${file}:${line}: ${name}\n`)}${failures.map((text) => `  ${visible(text)}\n`).join('')}`,
      );
    process.stdout.write(`${results.length - failed.length} passed, ${failed.length} failed\n`);
  }
  if (diagnostics.length > 0) return EXIT.usage;
  return failed.length > 0 ? EXIT.failure : EXIT.ok;
}
