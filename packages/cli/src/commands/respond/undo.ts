import type { ResponseRecord } from '@runward/respond/orders';
import { agentClient, SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { undoneText } from '../../respond-text.js';
import { toJson } from '../../terminal.js';

const TIMEOUT_MS = 90_000;

export const undo: Command = {
  name: 'respond undo',
  summary: 'take back what a response did',
  operands: 'ID',
  about: `Puts the container back as it was before the response: it goes on, talks again, has the limits and the restart policy it had.
What somebody else changed meanwhile is left, and told. What was ended does not come back. ID is that of \`runward respond list\`,
or its beginning.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...SOCKET_OPTION },
  examples: [['runward respond undo 3f2a81c0', 'by the beginning of its id']],
  run: undoCommand,
};

async function undoCommand(args: Parsed): Promise<number> {
  const [id, ...more] = args.rest;
  if (id === undefined || more.length > 0)
    throw new UsageError(
      id === undefined ? 'no response is named' : `unexpected \`${more[0]}\``,
      'write `runward respond undo ID`; `runward respond list` has the ids',
    );
  const client = await agentClient(args);
  const record = (await client.ask('POST', '/v1/respond/undo', {
    body: { id },
    timeoutMs: TIMEOUT_MS,
  })) as ResponseRecord; // the agent's own route
  process.stdout.write(`${args.flag('json') ? toJson(record) : undoneText(record)}\n`);
  return EXIT.ok;
}
