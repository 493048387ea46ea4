import type { PlaybookDecision } from '@runward/agent/respond';
import { agentClient, SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, UsageError } from '../../command.js';
import { toJson, visible } from '../../terminal.js';

const TIMEOUT_MS = 660_000;

const answerCommand = (word: 'approve' | 'refuse', summary: string, about: string): Command => ({
  name: `respond ${word}`,
  summary,
  operands: 'ID',
  about: `${about} Who answers is recorded. ID is that of \`runward respond list\`, or its beginning.`,
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...SOCKET_OPTION },
  examples: [[`runward respond ${word} 3f2a81c0`, 'by the beginning of its id']],
  run: async (args) => {
    const [id, ...more] = args.rest;
    if (id === undefined || more.length > 0)
      throw new UsageError(
        id === undefined ? 'nothing is named' : `unexpected \`${more[0]}\``,
        `write \`runward respond ${word} ID\`; \`runward respond list\` tells what waits`,
      );
    const client = await agentClient(args);
    const options = { body: { id }, timeoutMs: TIMEOUT_MS };
    const decision = (await client.ask('POST', `/v1/respond/${word}`, options)) as PlaybookDecision; // the agent's own route
    const { outcome, why, container, actions } = decision;
    const because = why === '' ? '' : ` (${why})`;
    const text = `${outcome}: ${actions.join(', ')} for ${visible(container.name || container.id)}${because}`;
    process.stdout.write(`${args.flag('json') ? toJson(decision) : text}\n`);
    return EXIT.ok;
  },
});

export const approve = answerCommand(
  'approve',
  'have done what a playbook asked for',
  'Does the actions of a playbook that waits for approval, and answers when they are done.',
);
export const refuse = answerCommand(
  'refuse',
  'say no to what a playbook asked for',
  'Has nothing done about the detection that a playbook asked about.',
);
