import type { Generalised, WorkloadProfile } from '@runward/policy';
import { type Command, type Parsed, UsageError } from '../../command.js';
import {
  architectureOf,
  choiceOf,
  EXPORT_OPTIONS,
  formatOf,
  nameOf,
  writeExport,
  writeExported,
} from '../../export-output.js';
import { STATE_OPTIONS } from '../../policy-desk.js';
import { profileOf } from '../../profile-desk.js';

export const exportProfile: Command = {
  name: 'profile export',
  summary: 'what was learnt, as a policy, for seccomp, AppArmor, SELinux or Kubernetes',
  operands: 'WORKLOAD|FILE',
  about: `Writes what a workload was seen doing as something that allows that and nothing else, with why each line is there:
a RuntimePolicy (runtimepolicy), a filter for OCI runtimes (seccomp), a profile (apparmor), a CIL module (selinux),
a list (capabilities), or parts of Kubernetes objects (securitycontext, networkpolicy,
ciliumnetworkpolicy), or a ruleset of nftables. What a format cannot say of the
policy is told on standard error, and so is what speaks against relying on the profile.`,
  options: {
    format: { type: 'string', value: 'FORMAT', doc: 'the language to write' },
    mode: {
      type: 'string',
      value: 'MODE',
      doc: 'for runtimepolicy: off, learn, monitor (default) or protect',
    },
    owner: { type: 'string', value: 'TEXT', doc: 'for runtimepolicy: who answers for it' },
    ...EXPORT_OPTIONS,
    ...STATE_OPTIONS,
  },
  examples: [
    ['runward profile export web --format runtimepolicy -o web.yaml', 'to read, mend and apply'],
    [
      'runward profile export web --format seccomp -o web.json',
      'docker run --security-opt seccomp=web.json …',
    ],
  ],
  run: exportCommand,
};

async function exportCommand(args: Parsed): Promise<number> {
  const { EXPORT_FORMATS, exportSubject, confidenceOf } = await import('@runward/policy');
  const format = formatOf(args, ['runtimepolicy', ...EXPORT_FORMATS] as const);
  const [architecture, name] = [await architectureOf(args), nameOf(args)];
  const profile = await profileOf(args);
  const generalised = await policyOf(args, profile, name);
  for (const warning of confidenceOf(profile).warnings) process.stderr.write(`runward: note: ${warning}\n`);
  if (format === 'runtimepolicy') {
    const { text, policy } = generalised;
    return writeExported(args, { name: policy.name, format, text, diagnostics: [] });
  }
  const texts = new Map([[generalised.policy.span.file, generalised.text]]);
  const { uids } = profile.privilege;
  const subject = exportSubject([generalised.policy], { name, architecture, texts, uids });
  if (subject === undefined) throw new UsageError('the profile is empty', 'learn for longer');
  return writeExport(args, subject, format);
}

async function policyOf(
  args: Parsed,
  profile: WorkloadProfile,
  name: string | undefined,
): Promise<Generalised> {
  const { generalise, MODES } = await import('@runward/policy');
  const [mode, owner] = [args.text('mode'), args.text('owner')];
  return generalise(profile, {
    ...(name !== undefined && { name }),
    ...(mode !== undefined && { mode: choiceOf(MODES, mode, 'mode') }),
    ...(owner !== undefined && { owner }),
  });
}
