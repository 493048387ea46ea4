import { existsSync } from 'node:fs';
import { hasErrors } from '@runward/core';
import type { RuntimePolicy } from '@runward/policy';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { architectureOf, EXPORT_OPTIONS, formatOf, nameOf, writeExport } from '../../export-output.js';
import { policyDesk, STATE_OPTIONS } from '../../policy-desk.js';
import { readPolicyFiles } from '../../policy-files.js';
import { printPolicyDiagnostics } from '../../policy-text.js';

export const exportPolicies: Command = {
  name: 'policy export',
  summary: 'a policy in the language of seccomp, AppArmor, SELinux or Kubernetes',
  operands: 'FILE|NAME…',
  about: `Writes what a policy says for a mechanism that Runward is no part of, with why each line is there. FILE is a policy
file, NAME an applied policy; of several the result is what they say together, and --name says what it is called by.
Modes do not matter, but for off: a section in monitor is exported as one in protect.

Formats: seccomp (a filter for OCI runtimes, Docker, Podman and the kubelet), apparmor (a profile), selinux (a CIL
module), capabilities (JSON), securitycontext, networkpolicy and
ciliumnetworkpolicy (Kubernetes, YAML), nftables (a ruleset for a network namespace). What a format cannot say of the policy
is told on standard error, line by line. docs/exports.md has what each can.`,
  options: {
    format: { type: 'string', value: 'FORMAT', doc: 'the language to write' },
    ...EXPORT_OPTIONS,
    ...STATE_OPTIONS,
  },
  examples: [
    [
      'runward policy export web.yaml --format seccomp -o web.json',
      'docker run --security-opt seccomp=web.json …',
    ],
    ['runward policy export web --format apparmor | apparmor_parser -r', 'loads the profile `runward.web`'],
  ],
  run: exportCommand,
};

async function exportCommand(args: Parsed): Promise<number> {
  const { EXPORT_FORMATS, exportSubject } = await import('@runward/policy');
  const format = formatOf(args, EXPORT_FORMATS);
  const [architecture, name] = [await architectureOf(args), nameOf(args)];
  if (args.rest.length === 0)
    throw new UsageError('no policy is named', 'write `runward policy export FILE|NAME --format FORMAT`');
  const found = await policiesOf(args);
  if (found === undefined) return EXIT.usage;
  const { policies, texts } = found;
  if (policies.length > 1 && name === undefined) {
    const names = policies.map((policy) => `\`${policy.name}\``).join(', ');
    throw new UsageError(
      `these are ${policies.length} policies: ${names}`,
      'say what the result is called by: `--name NAME`',
    );
  }
  const subject = exportSubject(policies, { name, architecture, texts });
  if (subject === undefined) throw new UsageError('there is no policy in it', 'name a file that holds one');
  return writeExport(args, subject, format);
}

interface Found {
  readonly policies: readonly RuntimePolicy[];
  readonly texts: ReadonlyMap<string, string>;
}

const isFile = (operand: string): boolean => /[/]|\.ya?ml$/.test(operand) || existsSync(operand);

async function policiesOf(args: Parsed): Promise<Found | undefined> {
  const { files, policies, diagnostics } = readPolicyFiles(args.rest.filter(isFile));
  printPolicyDiagnostics(diagnostics);
  if (hasErrors(diagnostics)) return undefined;
  const applied = await appliedPolicies(
    args,
    args.rest.filter((operand) => !isFile(operand)),
  );
  return {
    policies: [...policies, ...applied.policies],
    texts: new Map([...files.map(({ name, text }) => [name, text] as const), ...applied.texts]),
  };
}

async function appliedPolicies(args: Parsed, names: readonly string[]): Promise<Found> {
  if (names.length === 0) return { policies: [], texts: new Map() };
  const [desk, { known }] = [await policyDesk(args), await import('@runward/state')];
  const register = await desk.store.read();
  const stored = names.map((name) => known(register, name));
  return {
    policies: stored.map(({ policy }) => policy),
    texts: new Map(stored.map((each) => [each.policy.span.file, desk.store.text(each) ?? ''])),
  };
}
