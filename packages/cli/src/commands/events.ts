import { Agent, AgentError } from '@runward/agent';
import { type Command, EXIT, numberOption, type Parsed } from '../command.js';
import { eventText } from '../detection-text.js';
import { printDiagnostics } from '../diagnostics-text.js';
import { sensorObject } from '../installation.js';
import { LineWriter } from '../output.js';
import { RUNTIME_OPTIONS, registryOptions } from '../runtime-options.js';
import { LossNotices, printSummary, untilStopped } from '../session.js';
import { paintFor, toJson } from '../terminal.js';

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
    ...RUNTIME_OPTIONS,
  },
  examples: [
    ["runward events 'evt.type=execve'", 'every program a container starts'],
    [
      "runward events 'evt.type in (openat, openat2) and fd.name startswith /etc/'",
      'files opened below /etc',
    ],
    ["runward events --json 'evt.type=connect and fd.sport=443' | jq .name", 'outgoing TLS connections'],
  ],
  run: eventsCommand,
};

async function eventsCommand(args: Parsed): Promise<number> {
  const startedAtMs = performance.now();
  const json = args.flag('json');
  const paint = paintFor(process.stdout);
  const seconds = numberOption(args, 'duration', 0, 0, 31_536_000);
  const losses = new LossNotices();
  let stop: () => void = () => undefined;
  let failed: AgentError | undefined;
  const writer = new LineWriter(() => stop());
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
      onFailure: (error) => {
        failed = error;
        stop();
      },
    },
  ).catch((error: unknown) => {
    if (error instanceof AgentError && error.code === 'AGENT_RULES_REJECTED') return undefined;
    throw error;
  });
  if (agent === undefined) return EXIT.usage;
  process.stderr.write('runward: ready\n');
  const report = await untilStopped(agent, {
    ...(seconds > 0 ? { durationMs: seconds * 1000 } : {}),
    onStop: (s) => {
      stop = s;
    },
  }).catch((error: unknown) => {
    throw failed ?? error;
  });
  printSummary(report, startedAtMs, json);
  return EXIT.ok;
}
