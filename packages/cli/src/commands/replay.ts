import { replayFiles } from '@runward/replay';
import { type Command, EXIT, type Parsed } from '../command.js';
import { CHOICE_OPTIONS, FORMAT_OPTIONS, formatOf, formatter, urgencyTest } from '../detection-output.js';
import { defaultRules } from '../installation.js';
import { NOISE_OPTIONS, noiseOptions } from '../noise-options.js';
import { LineWriter } from '../output.js';
import {
  checkedRules,
  historyFiles,
  jobsOf,
  ProgressLine,
  printReplaySummary,
  REPLAY_OPTIONS,
  requirePaths,
} from '../replay-session.js';
import { SessionEnd } from '../session.js';

/** What a timer can count at most: whoever reads a replay may take its time. */
const OUTPUT_PATIENCE_MS = 2 ** 31 - 1;

export const replay: Command = {
  name: 'replay',
  summary: 'run rules over recordings and captures',
  operands: 'FILE|DIR…',
  about: `Reads recordings of \`runward record\` and \`.scap\` captures, plain or compressed, as fast as the machine
goes, and writes what the rules find in them, in the same form as \`runward run\`. Needs no privilege and no
particular kernel. The same files and rules give the same output, every time.

Identical detections are gathered and noisy rules limited by the times of the events, as live; --group 0
--rate-limit 0 gives every single one.

Several files are read on several cores, each with state of its own; their detections come file by file, in the
order of the files. What is damaged in a file is told and passed over.`,
  options: {
    rules: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'rules to load, repeatable (default: the rules that come with runward)',
    },
    ...FORMAT_OPTIONS,
    ...CHOICE_OPTIONS,
    ...NOISE_OPTIONS,
    ...REPLAY_OPTIONS,
  },
  examples: [
    ['runward replay incident.scap', 'what the default rules find in a capture'],
    [
      'runward replay recordings/ --rules falco_rules.yaml --json',
      'existing rules over a folder of recordings',
    ],
  ],
  run: replayCommand,
};

async function replayCommand(args: Parsed): Promise<number> {
  const startedAtMs = performance.now();
  const format = formatOf(args);
  const isUrgent = await urgencyTest(args);
  const jobs = jobsOf(args);
  const noise = noiseOptions(args);
  const given = requirePaths(args.rest, 'a recording or capture', '`runward replay FILE…`');
  const rules = await checkedRules(args.texts('rules').length > 0 ? args.texts('rules') : [defaultRules]);
  if (rules === undefined) return EXIT.usage;
  const paths = await historyFiles(given);
  const end = new SessionEnd();
  const abort = new AbortController();
  void end.requested.then(() => abort.abort());
  const writer = new LineWriter(() => end.request());
  const progress = new ProgressLine();
  const write = await formatter(format);
  const result = await replayFiles(
    {
      paths,
      mode: { kind: 'rules', files: rules, allMatches: args.flag('all-matches'), noise },
      host: !args.flag('containers-only'),
      jobs,
      signal: abort.signal,
    },
    {
      onDetections: (items) => {
        progress.clear();
        return writer.write(items.filter((d) => isUrgent(d.priority)).map(write));
      },
      onProgress: (path, p) => progress.update(path, p),
    },
  );
  progress.clear();
  await writer.finish(OUTPUT_PATIENCE_MS);
  printReplaySummary(result, (performance.now() - startedAtMs) / 1000, format !== 'text');
  return result.failures.length > 0 ? EXIT.failure : EXIT.ok;
}
