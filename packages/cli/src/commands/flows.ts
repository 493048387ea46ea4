import type { Flow } from '@runward/flows';
import { agentClient, SOCKET_OPTION } from '../agent-client.js';
import { type Command, EXIT, type Parsed } from '../command.js';
import { askFlows, FILTER_HELP, flowQuery, HOST_OPTION } from '../flows/flow-query.js';
import { endText, flowLine, flowsTable } from '../flows/flow-text.js';
import { paintFor, toJson } from '../terminal.js';

export const flows: Command = {
  name: 'flows',
  summary: 'show who talks to whom, from a running agent',
  operands: '[FILTER…]',
  about: `Lists the flows of containers: who began (-> asked, <- was asked), both ends, the port of the side that serves,
connections, bytes and what went wrong. A flow is everything between one container and one remote address at one port.
With --follow each change is a line, as it is read from the kernel, once a second.

${FILTER_HELP}`,
  options: {
    follow: { type: 'boolean', short: 'f', doc: 'go on with what changes, until interrupted' },
    json: { type: 'boolean', doc: 'one JSON object; with --follow one per change' },
    ...HOST_OPTION,
    ...SOCKET_OPTION,
  },
  examples: [
    ['runward flows', 'all of the last minutes'],
    ['runward flows container=web failed=yes', 'connections of `web` that were refused or not answered'],
    ['runward flows --follow peer=external protocol=tcp', 'what leaves this machine'],
  ],
  run: flowsCommand,
};

async function flowsCommand(args: Parsed): Promise<number> {
  const query = flowQuery(args);
  return args.flag('follow') ? follow(args, query) : list(args, query);
}

interface Answer {
  readonly flows: readonly Flow[];
  readonly omitted: number;
  readonly rest: readonly { readonly self: Flow['self']; readonly counters: Flow['counters'] }[];
}

async function list(args: Parsed, query: string): Promise<number> {
  const client = await agentClient(args);
  const answer = (await askFlows(() => client.ask('GET', `/v1/flows${query}`))) as Answer; // the agent's own route
  if (args.flag('json')) {
    process.stdout.write(`${toJson(answer)}\n`);
    return EXIT.ok;
  }
  if (answer.flows.length === 0) process.stderr.write('runward: no flows\n');
  else process.stdout.write(`${flowsTable(answer.flows, Date.now(), paintFor(process.stdout))}\n`);
  if (answer.omitted > 0)
    process.stderr.write(
      `runward: ${answer.omitted} flows that were active before these are left out: narrow the filter\n`,
    );
  for (const { self, counters } of answer.rest)
    process.stderr.write(
      `runward: ${endText(self)} has more flows than are told apart: ${counters.attempts + counters.established} connections, ` +
        `${counters.packetsIn + counters.packetsOut} packets are in none of these\n`,
    );
  return EXIT.ok;
}

async function follow(args: Parsed, query: string): Promise<number> {
  const client = await agentClient(args);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  await askFlows(async () => {
    for await (const item of client.lines(`/v1/flows/stream${query}`, stop.signal)) {
      if (isMissed(item))
        process.stderr.write(`runward: ${item.missed} changes came faster than they were read\n`);
      if (args.flag('json')) process.stdout.write(`${toJson(item)}\n`);
      else if (!isMissed(item)) process.stdout.write(`${flowLine(item as Flow)}\n`); // the agent's own route
    }
  });
  return EXIT.ok;
}

const isMissed = (item: unknown): item is { readonly missed: number } =>
  typeof item === 'object' && item !== null && 'missed' in item;
