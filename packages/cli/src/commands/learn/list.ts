import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { LEARN_OPTIONS, learnDesk } from '../../learn-desk.js';
import { listText } from '../../learn-text.js';
import { toJson } from '../../terminal.js';

export const list: Command = {
  name: 'learn list',
  summary: 'workloads and their state',
  operands: '',
  about: `Lists the workloads that are being learnt and those something is known of. With \`--state\`, or where no agent is
running, what is on the disk.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...LEARN_OPTIONS },
  examples: [["runward learn list --json | jq -r '.workloads[].workload'", 'names alone']],
  run: listCommand,
};

async function listCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, '`runward learn status WORKLOAD` tells of one');
  const desk = await learnDesk(args);
  const workloads = await desk.list();
  if (args.flag('json')) process.stdout.write(`${toJson({ live: desk.isLive, workloads })}\n`);
  else process.stdout.write(workloads.length === 0 ? 'nothing was learnt yet\n' : `${listText(workloads)}\n`);
  return EXIT.ok;
}
