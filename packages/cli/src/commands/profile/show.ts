import type { WorkloadProfile } from '@runward/policy';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { STATE_OPTIONS } from '../../policy-desk.js';
import { profileOf } from '../../profile-desk.js';
import { table, visible } from '../../terminal.js';

export const show: Command = {
  name: 'profile show',
  summary: 'what was learnt of one, in numbers',
  operands: 'WORKLOAD|FILE',
  about: `Says how well a workload is known, what speaks against relying on it, and what its profile holds. With --json the
whole profile, which every command that takes a FILE reads again.`,
  options: { json: { type: 'boolean', doc: 'the whole profile' }, ...STATE_OPTIONS },
  examples: [
    ['runward profile show web', 'how well it is known'],
    ['runward profile show web --json > web.json', 'to take elsewhere'],
  ],
  run: showCommand,
};

async function showCommand(args: Parsed): Promise<number> {
  const profile = await profileOf(args);
  const { confidenceOf, writeProfile } = await import('@runward/policy');
  if (args.flag('json')) {
    process.stdout.write(writeProfile(profile));
    return EXIT.ok;
  }
  const { summary, warnings } = confidenceOf(profile);
  const notes = warnings.map((warning) => `note: ${warning}`);
  process.stdout.write(
    [`${visible(profile.workload)}: ${summary}`, ...notes, table(rowsOf(profile)), ''].join('\n'),
  );
  return EXIT.ok;
}

const listed = (names: readonly string[]): string =>
  names.length === 0 ? '-' : names.map(visible).join(', ');

const rowsOf = (profile: WorkloadProfile): readonly (readonly string[])[] => [
  ['images', listed(profile.images)],
  ['programs', String(profile.processes.length)],
  ['files', String(profile.files.length)],
  ['connections and sockets', String(profile.network.length)],
  ['system calls', String(profile.syscalls.length)],
  ['capabilities', listed(profile.capabilities.map(({ name }) => name))],
  ['kernel handles', listed(profile.kernelSurface.map(({ name }) => name))],
  ['users', listed(profile.privilege.uids.map(String))],
];
