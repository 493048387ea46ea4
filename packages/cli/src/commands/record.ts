import { accessSync, constants, existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Agent, AgentError, type Loss, type RecordingReport, type SensorReport } from '@runward/agent';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
import { printDiagnostics } from '../diagnostics-text.js';
import { producerName, sensorObject } from '../installation.js';
import { durationOption, sizeOption, sizeText } from '../quantity.js';
import { readRuleFiles } from '../rule-files.js';
import { RUNTIME_OPTIONS, registryOptions } from '../runtime-options.js';
import { LossNotices, SessionEnd } from '../session.js';
import { toJson } from '../terminal.js';

const PROGRESS_MS = 500;
/** As the sensor's thread. */
const FAVOURED = -10;
/** What a timer of Node.js can count. */
const MAX_DURATION_MS = 2 ** 31 - 1;

export const record: Command = {
  name: 'record',
  summary: 'keep what containers do in a file that replays by itself',
  operands: '[FILTER]',
  about: `Writes every event of containers to FILE, with all that is needed to judge it later: processes, containers,
users and what paths meant. Rules can be run over it any time, on any machine (\`runward replay\`, \`runward
backtest\`), and say what they would have said then.

Without FILTER every event type is asked of the kernel, which is a lot. FILTER is a condition of the rule
language: only the types it can hold for are asked for, and only events for which it holds are kept (and those
that say who is who). --rules keeps what these rules need instead.

A recording holds what programs passed to the kernel: paths, arguments, the first bytes of what they read and
wrote. It is readable by its owner only.`,
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'the file to write (required)' },
    duration: { type: 'string', value: 'TIME', doc: 'stop after this time: 30s, 10m, 2h' },
    'max-size': { type: 'string', value: 'SIZE', doc: 'stop when the file has this size: 500MB, 1GB' },
    rules: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'keep only what these rules can use, repeatable',
    },
    host: { type: 'boolean', doc: 'also what happens outside containers' },
    force: { type: 'boolean', doc: 'replace FILE if it exists' },
    json: { type: 'boolean', doc: 'progress and summary as JSON lines on standard error' },
    ...RUNTIME_OPTIONS,
  },
  examples: [
    ['runward record -o incident.rwrec --duration 10m', 'everything, for ten minutes'],
    ["runward record -o net.rwrec 'evt.type in (connect, accept4)'", 'who talks to whom'],
    ['runward record -o base.rwrec --rules rules/ --max-size 1GB', 'what the rules need, to tune them later'],
  ],
  run: recordCommand,
};

function outputPath(args: Parsed): string {
  const given = args.text('output');
  if (given === undefined || given === '') {
    throw new UsageError('where to write is missing', 'give a file: `runward record -o FILE`');
  }
  const path = resolve(given);
  if (existsSync(path) && !args.flag('force')) {
    throw new UsageError(`\`${given}\` exists already`, 'choose another name, or replace it with `--force`');
  }
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    throw new UsageError(`\`${dirname(given)}\` is no folder that can be written to`, 'make it first');
  }
  return path;
}

interface Progress {
  readonly records: number;
  readonly bytes: number;
  readonly lost: number;
}

/**
 * On a busy machine the sensor's thread, which is favoured, would outrun those that compress and write. They inherit
 * this from the main thread, which has not started them yet.
 */
function favourWriting(): void {
  try {
    setPriority(0, FAVOURED);
  } catch {
    // Not permitted: it works without, and what is lost then is told.
  }
}

/** One line that is written over and over on a terminal; JSON lines where asked for; nothing otherwise. */
class ProgressLine {
  readonly #json: boolean;
  readonly #isShown: boolean;
  #shownAtMs = 0;
  #shownRecords = 0;

  constructor(json: boolean) {
    this.#json = json;
    this.#isShown = json || process.stderr.isTTY === true;
  }

  tell({ records, bytes, lost }: Progress): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#shownAtMs < PROGRESS_MS) return;
    const rate = Math.round(((records - this.#shownRecords) * 1000) / (now - this.#shownAtMs));
    this.#shownAtMs = now;
    this.#shownRecords = records;
    process.stderr.write(
      this.#json
        ? `${toJson({ progress: { records, bytes, lost, perSecond: rate } })}\n`
        : `\r\x1b[K${records} events, ${sizeText(bytes)}, ${rate}/s${lost > 0 ? `, ${lost} lost` : ''}`,
    );
  }

  clear(): void {
    if (this.#isShown && !this.#json) process.stderr.write('\r\x1b[K');
  }
}

async function recordCommand(args: Parsed): Promise<number> {
  const startedAtMs = performance.now();
  favourWriting();
  const path = outputPath(args);
  const durationMs = durationOption(args, 'duration');
  if (durationMs !== undefined && durationMs > MAX_DURATION_MS) {
    throw new UsageError(`\`--duration ${args.text('duration')}\` is too long`, 'at most 24 days');
  }
  const maxBytes = sizeOption(args, 'max-size') ?? Number.POSITIVE_INFINITY;
  const rules = args.texts('rules');
  const { files, problems } =
    rules.length > 0 ? await readRuleFiles(rules) : { files: undefined, problems: [] };
  if (problems.length > 0) {
    printDiagnostics(problems);
    return EXIT.usage;
  }
  const end = new SessionEnd();
  const line = new ProgressLine(args.flag('json'));
  const losses = new LossNotices();
  let failed = false;
  let lost = 0;
  const agent = await Agent.start(
    {
      mode: { kind: 'record', filter: args.rest.join(' '), files },
      host: args.flag('host'),
      objectPath: sensorObject,
      runtimes: registryOptions(args),
      recording: { target: { kind: 'file', path, force: args.flag('force') }, producer: producerName() },
    },
    {
      onDiagnostics: (diagnostics) => printDiagnostics(diagnostics),
      onLoss: (items) => {
        lost = lostTotal(items);
        losses.tell(items);
      },
      onRecordingProgress: ({ records, totalBytes }) => {
        line.tell({ records, bytes: totalBytes, lost });
        if (totalBytes >= maxBytes) end.request();
      },
      onRecordingProblem: (problem) => {
        failed = true;
        process.stderr.write(`runward: ${problem.message} [${problem.code}]\n    help: ${problem.help}\n`);
        end.request();
      },
      onFailure: () => end.request(),
    },
  ).catch((error: unknown) => {
    if (error instanceof AgentError && error.code === 'AGENT_RULES_REJECTED') return undefined;
    throw error;
  });
  if (agent === undefined) return EXIT.usage;
  process.stderr.write(`runward: ready; ${agent.eventTypes} event types to ${path}\n`);
  if (durationMs !== undefined) setTimeout(() => end.request(), durationMs).unref();
  await end.requested;
  const report = await agent.stop();
  const recording = await agent.recorded();
  line.clear();
  if (recording !== undefined)
    summarize(report, recording, (performance.now() - startedAtMs) / 1000, args.flag('json'));
  return failed ? EXIT.failure : EXIT.ok;
}

const lostTotal = (lost: readonly Loss[]): number => lost.reduce((sum, l) => sum + l.count, 0);

function summarize(report: SensorReport, recording: RecordingReport, seconds: number, json: boolean): void {
  const notWritten = report.recording?.lost ?? 0;
  const lost = lostTotal(report.lost) + notWritten;
  if (json) {
    const summary = { ...report, file: recording, lostTotal: lost, seconds };
    process.stderr.write(`${toJson({ summary })}\n`);
    return;
  }
  const loss = lost === 0 ? 'none lost' : `${lost} lost (${notWritten} of them not written in time)`;
  process.stderr.write(
    `runward: ${recording.records} events in ${sizeText(recording.totalBytes)}, ${loss}, in ${seconds.toFixed(1)} s; ` +
      `${report.cpuSeconds.toFixed(2)} s of CPU\n`,
  );
}
