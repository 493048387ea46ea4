import type { LearningStatus } from '@runward/agent/learning';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { LEARN_OPTIONS, learningAgent, pathOf, workloadOf } from '../../learn-desk.js';
import { statusText } from '../../learn-text.js';
import { toJson } from '../../terminal.js';

export const stop: Command = {
  name: 'learn stop',
  summary: 'end learning and keep what was learnt',
  operands: 'WORKLOAD',
  about: `The agent learns nothing more of this workload. What was learnt stays, and \`learn start\` goes on from there.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...LEARN_OPTIONS },
  examples: [['runward learn stop web', 'and say what is known']],
  run: stopCommand,
};

async function stopCommand(args: Parsed): Promise<number> {
  const workload = await workloadOf(args, 'stop');
  const client = await learningAgent(args);
  const status = (await client.ask('DELETE', pathOf(workload))) as LearningStatus; // the agent answers so
  process.stdout.write(args.flag('json') ? `${toJson(status)}\n` : `${statusText(status)}\n`);
  return EXIT.ok;
}
