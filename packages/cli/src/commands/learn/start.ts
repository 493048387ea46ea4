import { type Command, EXIT, type Parsed } from '../../command.js';
import { LEARN_OPTIONS, learningAgent, pathOf, workloadOf } from '../../learn-desk.js';
import { toJson, visible } from '../../terminal.js';

export const start: Command = {
  name: 'learn start',
  summary: 'begin to learn a workload, or go on with one',
  operands: 'WORKLOAD',
  about: `The running agent learns what containers of this workload do, those that run and those that start later, until
\`learn stop\`, over restarts of the agent too. Begin before the workload starts: a start is part of what it does.
Where something was learnt before, it goes on from there.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...LEARN_OPTIONS },
  examples: [
    ['runward learn start web', 'containers of that name'],
    ["runward learn start 'image=docker.io/library/nginx,namespace=shop'", 'by image, in one namespace'],
  ],
  run: startCommand,
};

async function startCommand(args: Parsed): Promise<number> {
  const workload = await workloadOf(args, 'start');
  const client = await learningAgent(args);
  await client.ask('PUT', pathOf(workload));
  process.stdout.write(
    args.flag('json')
      ? `${toJson({ workload })}\n`
      : `learning ${visible(workload)}; \`runward learn status ${visible(workload)}\` tells how far it is\n`,
  );
  return EXIT.ok;
}
