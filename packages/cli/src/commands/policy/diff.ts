import { readFileSync } from 'node:fs';
import { diffPolicies, generalise, mergePolicies, type RuntimePolicy, readProfile } from '@runward/policy';
import { ProfileStore } from '@runward/state';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { namedPolicies } from '../../named-policies.js';
import { STATE_OPTIONS, stateOf } from '../../policy-desk.js';
import { policyDiffRow, policyDiffText } from '../../policy-diff-text.js';
import { toJson } from '../../terminal.js';

export const diff: Command = {
  name: 'policy diff',
  summary: 'what one policy allows or denies that another does not, in plain words',
  operands: 'A B',
  about: `A and B are files, folders (all policies in them together) or names of applied policies. Says what B allows that A
denies, gravest first, and what B denies that A allows, with examples and the lines that decide. What is compared is
what they decide, not how they are written; sections in monitor count as what they would deny.

With --profile, A and B are learnt profiles (files, or names of workloads): what a new version of an image, or another
environment, needs that the old did not.`,
  options: {
    profile: { type: 'boolean', doc: 'compare learnt profiles' },
    json: { type: 'boolean', doc: 'one JSON object' },
    'exit-code': { type: 'boolean', doc: 'exit code 1 when B allows what A denies' },
    ...STATE_OPTIONS,
  },
  examples: [
    ['runward policy diff web new-web.yaml', 'what applying the file would change'],
    ['runward policy diff --profile web-1.json web-2.json', 'what version 2 needs more'],
  ],
  run: diffCommand,
};

async function diffCommand(args: Parsed): Promise<number> {
  const [a, b, ...more] = args.rest;
  if (a === undefined || b === undefined || more.length > 0)
    throw new UsageError('two things are to be compared', 'write `runward policy diff A B`');
  const profiles = args.flag('profile');
  const side = async (given: string): Promise<readonly RuntimePolicy[] | undefined> =>
    profiles ? [learnt(given, args)] : namedPolicies([given], args);
  const [before, after] = [await side(a), await side(b)];
  if (before === undefined || after === undefined) return EXIT.usage;
  const difference = diffPolicies(mergePolicies(before), mergePolicies(after));
  process.stdout.write(
    args.flag('json') ? `${toJson(policyDiffRow(difference, a, b))}\n` : policyDiffText(difference, a, b),
  );
  const isWider = difference.changes.some(({ direction }) => direction === 'allows');
  return args.flag('exit-code') && isWider ? EXIT.failure : EXIT.ok;
}

/** What was learnt of a workload, as the policy that allows just that. */
function learnt(given: string, args: Parsed): RuntimePolicy {
  const profile = given.endsWith('.json')
    ? profileOfFile(given)
    : new ProfileStore(stateOf(args)).read(given);
  if (profile === undefined)
    throw new UsageError(
      `nothing was learnt of \`${given}\``,
      'name a profile as a file (`.json`), or a workload of `runward learn status`',
    );
  return generalise(profile).policy;
}

function profileOfFile(path: string) {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot read \`${path}\`: ${message}`, 'name a file that can be read');
  }
  const profile = readProfile(text);
  if ('problem' in profile)
    throw new UsageError(
      `\`${path}\` ${profile.problem}`,
      'profiles are what `runward learn` keeps, as JSON',
    );
  return profile;
}
