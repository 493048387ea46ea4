import type { RespondAnswer } from '@runward/agent/respond';
import { agentClient, SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type OptionSpec, type Parsed, UsageError } from '../../command.js';
import { respondedText } from '../../respond-text.js';
import { toJson } from '../../terminal.js';

/** The agent's own limit is a little above that of the longest action. */
const TIMEOUT_MS = 660_000;

export interface ActionCommand {
  readonly action: string;
  readonly summary: string;
  readonly about: string;
  readonly options?: Readonly<Record<string, OptionSpec>>;
  readonly example: readonly [command: string, what: string];
  /** What the options say, as the agent takes it. */
  readonly order?: (args: Parsed) => Readonly<Record<string, unknown>>;
}

/** A command that has the running agent act on a container, or on each of a pod. */
export const actionCommand = ({
  action,
  summary,
  about,
  options = {},
  example,
  order = () => ({}),
}: ActionCommand): Command => ({
  name: `respond ${action}`,
  summary,
  operands: 'CONTAINER|POD',
  about,
  options: {
    ...options,
    why: { type: 'string', value: 'TEXT', doc: 'the reason, for the record' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SOCKET_OPTION,
  },
  examples: [example],
  run: async (args) => {
    const [container, ...more] = args.rest;
    if (container === undefined || more.length > 0)
      throw new UsageError(
        container === undefined ? 'no container is named' : `unexpected \`${more[0]}\``,
        `write \`runward respond ${action} CONTAINER\`; \`runward ps\` lists them`,
      );
    const body = { container, order: { action, ...order(args) }, why: args.text('why') ?? '' };
    const client = await agentClient(args);
    const answer = (await client.ask('POST', '/v1/respond', {
      body,
      timeoutMs: TIMEOUT_MS,
    })) as RespondAnswer; // the agent's own route
    process.stdout.write(`${args.flag('json') ? toJson(answer) : respondedText(answer)}\n`);
    return answer.responses.some(({ result }) => result === 'failed') ? EXIT.failure : EXIT.ok;
  },
});
