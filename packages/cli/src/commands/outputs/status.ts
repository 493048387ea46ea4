import type { OutputStatus } from '@runward/outputs';
import { agentClient, SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { sizeText } from '../../quantity.js';
import { table, toJson, visible } from '../../terminal.js';

export const status: Command = {
  name: 'outputs status',
  summary: 'what waits, was sent and was lost, of a running agent',
  operands: '',
  about: 'Asks the running agent what its outputs have to do and have done since it started.',
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...SOCKET_OPTION },
  examples: [['runward outputs status', 'whether every receiver takes what is sent']],
  run: statusCommand,
};

async function statusCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'write `runward outputs status`');
  const client = await agentClient(args);
  const { outputs = [] } = (await client.ask('GET', '/v1/status')) as {
    readonly outputs?: readonly OutputStatus[];
  }; // our own agent's // biome-ignore format: one line
  if (args.flag('json')) process.stdout.write(`${toJson({ outputs })}\n`);
  else if (outputs.length === 0)
    process.stdout.write('the agent has no outputs (`runward run --outputs FILE`)\n');
  else {
    const rows = outputs.map((each) => [
      ...[each.name, each.type, `${each.queued} (${sizeText(each.queuedBytes)})`],
      ...[each.sent, each.rejected, each.dropped].map(String),
      each.problem === '' ? 'ok' : visible(each.problem),
    ]);
    const head = ['OUTPUT', 'TYPE', 'WAITING', 'SENT', 'REJECTED', 'LOST', 'STATE'];
    process.stdout.write(`${table([head, ...rows])}\n`);
  }
  return EXIT.ok;
}
