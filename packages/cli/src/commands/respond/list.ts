import type { RespondStatus } from '@runward/agent/respond';
import { agentClient, SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { respondListText } from '../../respond-text.js';
import { toJson } from '../../terminal.js';

export const list: Command = {
  name: 'respond list',
  summary: 'what is in force, and what was done',
  operands: '',
  about: `Lists the responses that hold now and can be undone, and the last of those that do not: with who asked or which playbook,
why, when, how long it took and how it ended. \`--json\` has all that is recorded.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...SOCKET_OPTION },
  examples: [["runward respond list --json | jq '.inForce[].id'", 'ids that can be undone']],
  run: listCommand,
};

async function listCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0) throw new UsageError(`unexpected \`${args.rest[0]}\``, 'it takes nothing');
  const client = await agentClient(args);
  const status = (await client.ask('GET', '/v1/respond')) as RespondStatus; // the agent's own route
  process.stdout.write(`${args.flag('json') ? toJson(status) : respondListText(status)}\n`);
  if (status.problem !== '') process.stderr.write(`runward: responses are not recorded: ${status.problem}\n`);
  return EXIT.ok;
}
