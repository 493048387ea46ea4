import { Agent, AgentError } from '@runward/agent';
import { type Command, EXIT, numberOption, type Parsed } from '../command.js';
import { eventText } from '../detection-text.js';
import { printDiagnostics } from '../diagnostics-text.js';
import { sensorObject } from '../installation.js';
import { LineWriter } from '../output.js';
import { RUNTIME_OPTIONS, registryOptions } from '../runtime-options.js';
import { conclude, LossNotices, SessionEnd } from '../session.js';
import { paintFor, toJson } from '../terminal.js';

/** What a timer of Node.js can count: 24 days. */
const MAX_SECONDS = 2_147_483;

export const events: Command = {
  name: 'events',
  summary: 'show the live event stream, filtered by any condition',
  operands: '[FILTER]',
  about: `Prints every event of containers as it happens. FILTER is a condition of the rule language
(\`runward fields\` lists what it can speak about). Without a filter everything is shown, which on a busy
machine is more than anyone can read.`,
  options: {
    json: { type: 'boolean', doc: 'one JSON object per line' },
    host: { type: 'boolean', doc: 'also what happens outside containers' },
    duration: { type: 'string', value: 'SECONDS', doc: 'stop after this time' },
    over: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'show the events of recordings and captures instead, repeatable',
    },
    ...RUNTIME_OPTIONS,
  },
  examples: [
    ["runward events 'evt.type=execve'", 'every program a container starts'],
    [
      "runward events 'evt.type in (openat, openat2) and fd.name startswith /etc/'",
      'files opened below /etc',
    ],
    ["runward events --over incident.scap 'evt.type=connect'", 'the connections in a capture'],
    ["runward events --json 'evt.type=connect and fd.sport=443' | jq .name", 'outgoing TLS connections'],
  ],
  run: eventsCommand,
};

async function eventsCommand(args: Parsed): Promise<number> {
  if (args.texts('over').length > 0) return (await import('../past-events.js')).showPastEvents(args);
  const startedAtMs = performance.now();
  const json = args.flag('json');
  const paint = paintFor(process.stdout);
  const seconds = numberOption(args, 'duration', 0, 0, MAX_SECONDS);
  const losses = new LossNotices();
  const end = new SessionEnd();
  const writer = new LineWriter(() => end.request());
  const agent = await Agent.start(
    {
      mode: { kind: 'events', filter: args.rest.join(' ') },
      host: args.flag('host'),
      objectPath: sensorObject,
      runtimes: registryOptions(args),
    },
    {
      onEvents: (items) => writer.write(items.map((e) => (json ? toJson(e) : eventText(e, paint)))),
      onDiagnostics: (diagnostics) => printDiagnostics(diagnostics),
      onLoss: (lost) => losses.tell(lost),
      onFailure: () => end.request(),
    },
  ).catch((error: unknown) => {
    if (error instanceof AgentError && error.code === 'AGENT_RULES_REJECTED') return undefined;
    throw error;
  });
  if (agent === undefined) return EXIT.usage;
  process.stderr.write('runward: ready\n');
  if (seconds > 0) setTimeout(() => end.request(), seconds * 1000).unref();
  return conclude(agent, end, { writer, startedAtMs, json });
}
