import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { STATE_OPTIONS } from '../../policy-desk.js';
import { profileStore } from '../../profile-desk.js';
import { table, toJson, visible } from '../../terminal.js';

export const list: Command = {
  name: 'profile list',
  summary: 'the workloads that were learnt, and how well',
  operands: '',
  about: `Lists the profiles of this machine by workload: how long and in how many containers each was watched, whether it
still grew, and how many kinds of things it holds.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...STATE_OPTIONS },
  examples: [["runward profile list --json | jq '.profiles[].workload'", 'names alone']],
  run: listCommand,
};

async function listCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, '`runward profile show WORKLOAD` tells of one');
  const store = await profileStore(args);
  const { confidenceOf } = await import('@runward/policy');
  const profiles = store.list().map((profile) => ({ profile, confidence: confidenceOf(profile) }));
  if (args.flag('json')) {
    const rows = profiles.map(({ profile: { workload, images, coverage }, confidence }) => ({
      ...{ workload, images, coverage, confidence },
    }));
    process.stdout.write(`${toJson({ folder: store.folder, profiles: rows })}\n`);
    return EXIT.ok;
  }
  if (profiles.length === 0) process.stderr.write(`runward: nothing was learnt in ${store.folder}\n`);
  else {
    const rows = profiles.map(({ profile, confidence }) => [
      visible(profile.workload),
      String(profile.processes.length),
      String(profile.files.length),
      String(profile.network.length),
      String(profile.syscalls.length),
      confidence.summary,
    ]);
    const head = ['WORKLOAD', 'PROGRAMS', 'FILES', 'NETWORK', 'CALLS', 'WATCHED'];
    process.stdout.write(`${table([head, ...rows])}\n`);
  }
  return EXIT.ok;
}
