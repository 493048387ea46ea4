import { type Command, EXIT, type Parsed } from '../../command.js';
import { LEARN_OPTIONS, learnDesk, workloadOf } from '../../learn-desk.js';
import { statusText } from '../../learn-text.js';
import { toJson } from '../../terminal.js';

export const status: Command = {
  name: 'learn status',
  summary: 'how much is known of a workload, and how well',
  operands: '[WORKLOAD]',
  about: `Says in words and numbers what was watched (containers, time, starts, sessions of agents), how much was seen and how
much of it only at start-up, whether it still grows, what was lost, and what speaks against relying on it. Without a
workload, of all.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...LEARN_OPTIONS },
  examples: [["runward learn status web --json | jq '.confidence.growing'", 'for a script that waits']],
  run: statusCommand,
};

async function statusCommand(args: Parsed): Promise<number> {
  const desk = await learnDesk(args);
  if (args.rest.length === 0) {
    const all = await desk.list();
    const none = 'nothing is being learnt, nothing was: begin with `runward learn start WORKLOAD`';
    process.stdout.write(
      args.flag('json')
        ? `${toJson({ live: desk.isLive, workloads: all })}\n`
        : `${all.length === 0 ? none : all.map(statusText).join('\n\n')}\n`,
    );
    return EXIT.ok;
  }
  const { status: one } = await desk.show(await workloadOf(args, 'status'));
  process.stdout.write(args.flag('json') ? `${toJson(one)}\n` : `${statusText(one)}\n`);
  return EXIT.ok;
}
