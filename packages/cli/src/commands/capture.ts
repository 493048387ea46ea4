import type { CaptureReport } from '@runward/agent/capture';
import { agentClient, SOCKET_OPTION } from '../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
import { sizeOption, sizeText } from '../quantity.js';
import { toJson, visible } from '../terminal.js';

/** Hashing what a container changed takes as long as that is large. */
const TIMEOUT_MS = 600_000;

export const capture: Command = {
  name: 'capture',
  summary: 'keep what is seen of a container, before anything is done to it',
  operands: 'CONTAINER|POD',
  about: `Has the running agent write down what is seen of a container from outside: its processes with command lines, names of
environment variables (never what they hold), open files, sockets, memory maps, namespaces and capabilities; programs that run
and are not in its image, with digests; what it changed of its image; whom it talked to and which names it looked up; whether it
is isolated; the newest recordings of the flight recorder, where one runs. Nothing in the container runs or is changed.

A capture is a folder of JSON files below \`captures/\` of the agent's state folder, with a manifest of their digests. It is told
with the open incidents of the container. Nothing removes it.`,
  options: {
    memory: {
      type: 'string',
      multiple: true,
      value: 'PID',
      doc: 'also the memory of this process (its number on the host), repeatable; it may hold secrets',
    },
    'memory-size': {
      type: 'string',
      value: 'SIZE',
      doc: 'of memory altogether, such as `1GB` (default 256MB)',
    },
    why: { type: 'string', value: 'TEXT', doc: 'the reason, kept with who and when' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...SOCKET_OPTION,
  },
  examples: [
    ['runward capture web', 'before it is ended'],
    ['runward capture web --memory 4711 --memory-size 1GB', 'with the memory of a process'],
  ],
  run: captureCommand,
};

async function captureCommand(args: Parsed): Promise<number> {
  const [container, ...more] = args.rest;
  if (container === undefined || more.length > 0)
    throw new UsageError(
      container === undefined ? 'no container is named' : `unexpected \`${more[0]}\``,
      'write `runward capture CONTAINER`; `runward ps` lists them',
    );
  const memory = args.texts('memory').map(pidOf);
  const memoryBytes = sizeOption(args, 'memory-size');
  const why = args.text('why');
  const body = {
    ...{ container, memory },
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(why === undefined ? {} : { why }),
  };
  const client = await agentClient(args);
  const answer = (await client.ask('POST', '/v1/captures', { body, timeoutMs: TIMEOUT_MS })) as {
    readonly captures: readonly CaptureReport[]; // the agent's own route
  };
  process.stdout.write(
    args.flag('json') ? `${toJson(answer)}\n` : `${answer.captures.map(reportText).join('\n')}\n`,
  );
  return EXIT.ok;
}

function pidOf(text: string): number {
  const pid = Number(text);
  if (Number.isInteger(pid) && pid > 0) return pid;
  throw new UsageError(
    `\`--memory ${text}\` is no process`,
    'give its number on the host: `runward ps`, `ps`',
  );
}

function reportText({
  folder,
  container,
  tookMs,
  processes,
  foreign,
  changes,
  files,
  problems,
}: CaptureReport): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    `${visible(container.name || container.id)} is captured in ${visible(folder)}`,
    `  ${processes} processes, ${changes} changes of the image, ${files.length} files of ${sizeText(bytes)}, after ${tookMs} ms`,
    ...foreign.map(
      ({ path, sha256, origin }) =>
        `  runs, and is not in the image (${origin}): ${visible(path)} sha256:${sha256 || '?'}`,
    ),
    ...problems.map((problem) => `  not in it: ${visible(problem)}`),
  ].join('\n');
}
