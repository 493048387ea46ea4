import { writeFileSync } from 'node:fs';
import { replayFiles, summarizeBacktest } from '@runward/replay';
import { backtestHtml } from '../backtest-html.js';
import { backtestText } from '../backtest-text.js';
import { type Command, EXIT, type Parsed, UsageError } from '../command.js';
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
import { toJson } from '../terminal.js';

export const backtest: Command = {
  name: 'backtest',
  summary: 'say what rules would have found in the past',
  operands: '',
  about: `Runs rules over recordings and captures and says, per rule and workload, what would have fired: how often,
how often per hour, when first and last, with examples. With --against it compares two rule sets: what is new, what
would no longer fire, what stays. Rules of which the history cannot tell, because it lacks their events or fields,
are listed: their silence means nothing.

Every rule is judged by itself (as with --all-matches), so that the order of the rules hides no change.`,
  options: {
    rules: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'the rules to test, repeatable (required)',
    },
    against: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'the rules to compare with, repeatable',
    },
    over: {
      type: 'string',
      multiple: true,
      value: 'FILE|DIR',
      doc: 'recordings and captures, repeatable (required)',
    },
    json: { type: 'boolean', doc: 'one object for machines' },
    html: { type: 'string', value: 'FILE', doc: 'also write a page that needs nothing else, for people' },
    ...REPLAY_OPTIONS,
  },
  examples: [
    ['runward backtest --rules new.yaml --over recordings/', 'what new rules would have found'],
    [
      'runward backtest --rules new/ --against rules/ --over incident.scap --html report.html',
      'what a change of rules changes, as a page',
    ],
  ],
  run: backtestCommand,
};

async function backtestCommand(args: Parsed): Promise<number> {
  const startedAtMs = performance.now();
  if (args.rest.length > 0) {
    throw new UsageError(`unexpected \`${args.rest[0]}\``, 'recordings are given with `--over FILE`');
  }
  const jobs = jobsOf(args);
  const given = requirePaths(args.texts('rules'), '`--rules`', 'name the rules to test with `--rules FILE`');
  const over = requirePaths(args.texts('over'), '`--over`', 'name recordings or captures with `--over FILE`');
  const files = await checkedRules(given);
  const compared = args.texts('against').length > 0;
  const against = compared ? await checkedRules(args.texts('against')) : undefined;
  if (files === undefined || (compared && against === undefined)) return EXIT.usage;
  const paths = await historyFiles(over);
  const end = new SessionEnd();
  const abort = new AbortController();
  void end.requested.then(() => abort.abort());
  const progress = new ProgressLine();
  const result = await replayFiles(
    {
      paths,
      mode: { kind: 'backtest', files, against },
      host: !args.flag('containers-only'),
      jobs,
      signal: abort.signal,
    },
    { onProgress: (path, p) => progress.update(path, p) },
  );
  progress.clear();
  const summary = summarizeBacktest(result.files, compared);
  const page = args.text('html');
  if (page !== undefined) writePage(page, backtestHtml(summary));
  process.stdout.write(args.flag('json') ? `${toJson(summary)}\n` : backtestText(summary));
  printReplaySummary(result, (performance.now() - startedAtMs) / 1000, args.flag('json'));
  return result.failures.length > 0 ? EXIT.failure : EXIT.ok;
}

function writePage(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot write \`${path}\`: ${message}`, 'name a file that can be written');
  }
}
