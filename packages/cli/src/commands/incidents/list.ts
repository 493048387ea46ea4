import type { IncidentSummary } from '@runward/incidents';
import { agentClient, SOCKET_OPTION } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { incidentLine, incidentsTable } from '../../incidents/incident-text.js';
import { durationOption } from '../../quantity.js';
import { paintFor, toJson } from '../../terminal.js';

export const list: Command = {
  name: 'incidents list',
  summary: 'those that are not closed, or all of them',
  operands: '',
  about: `Lists incidents, the latest first: id, state, severity, what and where. With --follow each that opens or changes is a line;
what merely counts up is not, unless --json asks for everything.`,
  options: {
    all: { type: 'boolean', doc: 'also those that are resolved or were false positives' },
    state: {
      type: 'string',
      multiple: true,
      value: 'STATE',
      doc: 'open, investigating, contained, resolved, false-positive; repeatable',
    },
    severity: { type: 'string', value: 'SEVERITY', doc: 'this and more severe: low, medium, high, critical' },
    where: {
      type: 'string',
      value: 'TEXT',
      doc: 'part of the name of a workload, container, pod or image, or an id',
    },
    rule: { type: 'string', value: 'TEXT', doc: 'part of the name of a rule' },
    stage: { type: 'string', value: 'TACTIC', doc: 'a tactic of MITRE ATT&CK, such as credential-access' },
    assignee: { type: 'string', value: 'NAME', doc: 'who investigates it' },
    since: { type: 'string', value: 'TIME', doc: 'something happened in it within this time: `30m`, `1d`' },
    follow: { type: 'boolean', short: 'f', doc: 'go on with what changes, until interrupted' },
    json: { type: 'boolean', doc: 'one JSON object; with --follow one per change' },
    ...SOCKET_OPTION,
  },
  examples: [
    ['runward incidents list', 'what somebody should look at'],
    ['runward incidents list --severity high --follow', 'an alarm'],
    ['runward incidents list --all --where prod/shop --since 7d', 'what happened to a workload in a week'],
  ],
  run: listCommand,
};

interface Answer {
  readonly incidents: readonly IncidentSummary[];
  readonly evicted: number;
}

async function listCommand(args: Parsed): Promise<number> {
  if (args.rest.length > 0)
    throw new UsageError(
      `unexpected \`${args.rest[0]}\``,
      'write `runward incidents list`; `show` takes an id',
    );
  const query = queryOf(args);
  return args.flag('follow') ? follow(args, query) : once(args, query);
}

function queryOf(args: Parsed): string {
  const query = new URLSearchParams();
  for (const state of args.texts('state')) query.append('state', state);
  for (const name of ['severity', 'where', 'rule', 'stage', 'assignee']) {
    const text = args.text(name);
    if (text !== undefined) query.set(name, text);
  }
  if (args.flag('all')) query.set('all', 'yes');
  const sinceMs = durationOption(args, 'since');
  if (sinceMs !== undefined) query.set('since', String(Date.now() - sinceMs));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

async function once(args: Parsed, query: string): Promise<number> {
  const client = await agentClient(args);
  const answer = (await client.ask('GET', `/v1/incidents${query}`)) as Answer; // the agent's own route
  if (args.flag('json')) process.stdout.write(`${toJson(answer)}\n`);
  else if (answer.incidents.length === 0) process.stderr.write('runward: no incidents\n');
  else process.stdout.write(`${incidentsTable(answer.incidents, Date.now())}\n`);
  if (answer.evicted > 0)
    process.stderr.write(`runward: ${answer.evicted} incidents were forgotten because there were too many\n`);
  return EXIT.ok;
}

async function follow(args: Parsed, query: string): Promise<number> {
  const client = await agentClient(args);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  for await (const item of client.lines(`/v1/incidents/stream${query}`, stop.signal)) {
    const { news, incident } = item as { readonly news: string; readonly incident: IncidentSummary }; // the agent's own route
    if (args.flag('json')) process.stdout.write(`${toJson(item)}\n`);
    else if (news !== 'counted')
      process.stdout.write(`${incidentLine(news, incident, paintFor(process.stdout))}\n`);
  }
  return EXIT.ok;
}
