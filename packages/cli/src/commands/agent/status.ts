import type { UplinkStatus } from '@runward/uplink';
import { agentClient, SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { sizeText } from '../../quantity.js';
import { toJson, visible } from '../../terminal.js';

export const status: Command = {
  name: 'agent status',
  summary: 'whether the agent runs, and how its link to the server is',
  operands: '',
  about: 'Asks the running agent. With --json all that it says of itself.',
  options: { json: { type: 'boolean', doc: 'one JSON object' }, ...SOCKET_OPTION },
  examples: [['runward agent status', 'what waits, what was lost']],
  run: statusCommand,
};

interface Status {
  readonly agent: { readonly producer: string; readonly pid: number; readonly startedAt: string };
  readonly server?: UplinkStatus | { readonly problem: string };
}

async function statusCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'write `runward agent status`');
  const client = await agentClient(args);
  const told = (await client.ask('GET', '/v1/status')) as Status; // our own agent's
  process.stdout.write(`${args.flag('json') ? toJson(told) : lines(told).join('\n')}\n`);
  return EXIT.ok;
}

function lines({ agent, server }: Status): readonly string[] {
  const head = `${agent.producer}, process ${agent.pid}, since ${agent.startedAt}`;
  if (server === undefined) return [head, 'no server (`runward run --server URL --token TOKEN`)'];
  if (!('node' in server)) return [head, `no server yet: ${visible(server.problem)}`];
  const { node, cluster, queued, queuedBytes, sent, rejected, lost, serverAheadMs, problem } = server;
  return [
    head,
    `node \`${node}\` of \`${cluster}\` at ${server.server}: ${problem === '' ? 'connected' : visible(problem)}`,
    `${sent} records sent, ${queued} wait (${sizeText(queuedBytes)}), ${lost} lost, ${rejected} rejected`,
    `the server's clock is ${serverAheadMs} ms ahead`,
    trustText(server.trust),
  ];
}

function trustText(trust: UplinkStatus['trust']): string {
  if (trust === null)
    return 'what this machine runs on was not asked for, or cannot be proven (`runward agent tpm`)';
  const { state, reason, detail } = trust;
  return `the server says of this machine: ${state}${reason === '' ? '' : ` (${reason})`}: ${visible(detail)}`;
}
