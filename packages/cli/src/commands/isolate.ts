import type { IsolationAnswer, IsolationStatus } from '@runward/agent/isolation';
import { agentClient, SOCKET_OPTION } from '../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
import { isolatedTable, isolationText } from '../isolation-text.js';
import { durationOption } from '../quantity.js';
import { toJson } from '../terminal.js';

/** Of the agent: loading its programs on a slow machine. */
const TIMEOUT_MS = 60_000;

export const isolate: Command = {
  name: 'isolate',
  summary: 'cut a container off the network and off other containers, now',
  operands: 'CONTAINER|POD',
  about: `Has the running agent cut a container that runs off: both directions at once, IPv4 and IPv6, of connections that are
open (they end with a reset) and of new ones (they are refused), its own loopback included; and its unix sockets to others.
Networks given with --allow stay reachable and may reach it. What runs in the container goes on and can be looked at.

CONTAINER is a name, an id or its beginning; POD a pod's name or NAMESPACE/NAME, for all of its containers. It stays cut
off when the agent ends, however it does; with --for the kernel lets go when the time is over, agent or not. Isolating
again replaces the networks and the time. Who did it is recorded. What is not cut off on this host is told.`,
  options: {
    allow: {
      type: 'string',
      multiple: true,
      value: 'CIDR',
      doc: 'a network or address to go on with, repeatable: the forensics host',
    },
    for: { type: 'string', value: 'TIME', doc: 'how long: `30m`, `1h`; without it until `runward release`' },
    list: { type: 'boolean', doc: 'tell what is isolated, and what was stopped' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SOCKET_OPTION,
  },
  examples: [
    ['runward isolate web --allow 192.0.2.7 --for 1h', 'one host may still reach it, for an hour'],
    ['runward isolate prod/shop-5d9c7', 'every container of a pod'],
    ['runward isolate --list', 'what is isolated'],
  ],
  run: isolateCommand,
};

async function isolateCommand(args: Parsed): Promise<number> {
  const [container, ...more] = args.rest;
  const allow = args.texts('allow').flatMap((text) => text.split(','));
  const forMs = durationOption(args, 'for');
  if (args.flag('list')) {
    if (container !== undefined || allow.length > 0 || forMs !== undefined)
      throw new UsageError('`--list` takes nothing beside it', 'write `runward isolate --list`');
    return list(args);
  }
  if (container === undefined || more.length > 0)
    throw new UsageError(
      container === undefined ? 'no container is named' : `unexpected \`${more[0]}\``,
      'write `runward isolate CONTAINER`; `runward ps` lists them',
    );
  const client = await agentClient(args);
  const body = { container, allow, ...(forMs === undefined ? {} : { forMs }) };
  const answer = (await client.ask('POST', '/v1/isolation', {
    body,
    timeoutMs: TIMEOUT_MS,
  })) as IsolationAnswer; // the agent's own route
  process.stdout.write(`${args.flag('json') ? toJson(answer) : isolationText(answer)}\n`);
  return EXIT.ok;
}

async function list(args: Parsed): Promise<number> {
  const client = await agentClient(args);
  const status = (await client.ask('GET', '/v1/isolation')) as IsolationStatus; // the agent's own route
  if (args.flag('json')) process.stdout.write(`${toJson(status)}\n`);
  else if (status.isolated.length === 0) process.stderr.write('runward: nothing is isolated\n');
  else process.stdout.write(`${isolatedTable(status, Date.now())}\n`);
  return EXIT.ok;
}
