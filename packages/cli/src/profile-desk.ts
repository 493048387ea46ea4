import { readFileSync } from 'node:fs';
import type { WorkloadProfile } from '@runward/policy';
import type { ProfileStore } from '@runward/state';
import { nearest, type Parsed, UsageError } from './command.js';
import { policyDesk } from './policy-desk.js';

/** What was learnt on this machine: of the agent that runs, or of `--state`. */
export async function profileStore(args: Parsed): Promise<ProfileStore> {
  const [{ store }, state] = [await policyDesk(args), await import('@runward/state')];
  return new state.ProfileStore(store.folder);
}

/** The profile of the one workload that is named; a name that ends in `.json` is a file. */
export async function profileOf(args: Parsed): Promise<WorkloadProfile> {
  const [name, ...more] = args.rest;
  if (name === undefined || more.length > 0)
    throw new UsageError('one workload is to be named', '`runward profile list` has those that were learnt');
  return name.endsWith('.json') ? profileInFile(name) : learnt(await profileStore(args), name);
}

async function learnt(store: ProfileStore, name: string): Promise<WorkloadProfile> {
  const { parseWorkloadKey } = await import('@runward/policy');
  const parsed = parseWorkloadKey(name);
  if (parsed.kind === 'problem') throw new UsageError(parsed.message, parsed.help);
  const profile = store.read(parsed.key.text);
  if (profile !== undefined) return profile;
  const names = store.list().map(({ workload }) => workload);
  const near = nearest(name, names);
  const help =
    names.length === 0
      ? `nothing was learnt in ${store.folder}: \`runward learn start WORKLOAD\``
      : '`runward profile list` has those that were learnt';
  throw new UsageError(
    `nothing was learnt of \`${name}\``,
    near === undefined ? help : `did you mean \`${near}\`?`,
  );
}

async function profileInFile(path: string): Promise<WorkloadProfile> {
  const { readProfile } = await import('@runward/policy');
  const profile = readProfile(textOf(path));
  if ('problem' in profile)
    throw new UsageError(
      `\`${path}\` ${profile.problem}`,
      'name a profile, such as `runward profile show --json` writes',
    );
  return profile;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot read \`${path}\`: ${message}`, 'check that it exists and may be read');
  }
}
