import { hasErrors } from '@runward/core';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { choiceOf } from '../../export-output.js';
import { writeOutput } from '../../output-file.js';
import { printPolicyDiagnostics } from '../../policy-text.js';
import { readYamlFiles } from '../../yaml-files.js';

const MODES = ['learn', 'monitor', 'protect'] as const;

export const importPolicies: Command = {
  name: 'policy import',
  summary: 'policies that mean what NetworkPolicies of Kubernetes mean',
  operands: 'FILE|DIR…',
  about: `Reads NetworkPolicies (networking.k8s.io/v1) and writes a RuntimePolicy for each. Namespaces, and pods or what makes
them (Deployment, StatefulSet, DaemonSet), may be in the same files: they say which labels namespaces have and which
numbers the names of ports stand for. What cannot be said is an error, and then nothing is written.
docs/segmentation.md has what differs in a cluster of several nodes.`,
  options: {
    mode: { type: 'string', value: 'MODE', doc: 'learn, monitor or protect (default: monitor)' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      doc: 'the file to write (default: standard output)',
    },
  },
  examples: [
    ['kubectl get networkpolicies,namespaces,pods -A -o yaml > cluster.yaml', 'all it may need to know'],
    ['runward policy import cluster.yaml -o policies.yaml', 'then `runward policy apply policies.yaml`'],
  ],
  run: importCommand,
};

async function importCommand(args: Parsed): Promise<number> {
  if (args.rest.length === 0) throw new UsageError('no file is named', 'write `runward policy import FILE…`');
  const mode = choiceOf(MODES, args.text('mode') ?? 'monitor', 'mode');
  const { importNetworkPolicies, policyDiagnostic } = await import('@runward/policy');
  const { files, unreadable } = readYamlFiles(args.rest);
  const problems = unreadable.map(({ path, reason }) => {
    const span = { file: path, line: 1, column: 1, endLine: 1, endColumn: 1 };
    const help = 'check that it exists and may be read';
    return policyDiagnostic('POLICY_FILE_READ', `the file cannot be read: ${reason}`, help, span, '');
  });
  printPolicyDiagnostics(problems);
  if (hasErrors(problems)) return EXIT.usage;
  const { text, diagnostics } = importNetworkPolicies(files, mode);
  printPolicyDiagnostics(diagnostics);
  if (hasErrors(diagnostics)) return EXIT.failure;
  writeOutput(args.text('output') ?? '-', text);
  return EXIT.ok;
}
