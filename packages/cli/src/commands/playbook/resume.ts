import { agentClient, SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { toJson, visible } from '../../terminal.js';

export const resume: Command = {
  name: 'playbook resume',
  summary: 'respond again to a rule that fitted too many workloads',
  operands: 'RULE',
  about: `Closes the circuit breaker of a rule before its rest is over. \`runward respond list\` tells which are open.`,
  options: {
    all: { type: 'boolean', doc: 'every rule whose breaker is open' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SOCKET_OPTION,
  },
  examples: [["runward playbook resume 'Terminal shell in container'", 'after it was narrowed']],
  run: resumeCommand,
};

async function resumeCommand(args: Parsed): Promise<number> {
  const [rule, ...more] = args.rest;
  const all = args.flag('all');
  if (more.length > 0 || (rule === undefined) !== all)
    throw new UsageError(
      rule === undefined ? 'no rule is named' : all ? '`--all` takes no name' : `unexpected \`${more[0]}\``,
      'write `runward playbook resume RULE`, the name in quotes, or `--all`',
    );
  const client = await agentClient(args);
  const body = all ? { all } : { rule };
  const answer = (await client.ask('POST', '/v1/respond/resume', { body })) as {
    readonly resumed: readonly string[];
  }; // the agent's own route
  const text =
    answer.resumed.length === 0
      ? 'no breaker was open'
      : `responded to again: ${answer.resumed.map(visible).join(', ')}`;
  process.stdout.write(`${args.flag('json') ? toJson(answer) : text}\n`);
  return EXIT.ok;
}
