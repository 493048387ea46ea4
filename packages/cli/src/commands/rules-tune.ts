import { readFileSync, statSync } from 'node:fs';
import { type Observation, readObservations, tune } from '@runward/detect';
import { fieldCatalogue } from '@runward/events';
import { loadRules } from '@runward/rules';
import { EXIT, nearest, numberOption, type OptionSpec, type Parsed, UsageError } from '../command.js';
import { printDiagnostics } from '../diagnostics-text.js';
import { defaultRules } from '../installation.js';
import { readRuleFiles } from '../rule-files.js';
import { visible } from '../terminal.js';
import { tuningJson, tuningText } from '../tuning-text.js';

export const TUNE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  rule: { type: 'string', value: 'RULE', doc: 'tune: this rule only' },
  min: { type: 'string', value: 'N', doc: 'tune: fewer detections alike are no noise (default 3)' },
  narrow: {
    type: 'boolean',
    doc: 'tune: name everything that is constant instead of using the exceptions the rules have',
  },
};

/** What is read into memory at once, bytes. */
const MAX_FILE = 256 * 1024 * 1024;
const SKIPPED_SHOWN = 5;

/** `rules tune`: suggests exceptions from observed detections, as a patch that was loaded and counted. */
export async function tuneRules(paths: readonly string[], args: Parsed): Promise<number> {
  const observations = readFiles(paths);
  const named = args.texts('rules').length > 0 ? args.texts('rules') : [defaultRules];
  const { files, problems } = await readRuleFiles(named);
  const { value, diagnostics } = loadRules(files, { catalogue: fieldCatalogue });
  printDiagnostics([...problems, ...diagnostics.filter((d) => d.severity === 'error')]);
  if (value === undefined || problems.length > 0) return EXIT.usage;
  const rule = args.text('rule');
  const names = [...value.rules, ...(value.correlations ?? [])].map((judged) => judged.name);
  if (rule !== undefined && !names.includes(rule)) {
    const near = nearest(rule, names);
    throw new UsageError(
      `there is no rule \`${rule}\``,
      near === undefined ? '`runward rules list` names them' : `did you mean \`${near}\`?`,
    );
  }
  const tuning = tune(files, value, observations, {
    ...{ fields: fieldCatalogue, rule, narrow: args.flag('narrow') },
    min: numberOption(args, 'min', 3, 1, 1_000_000),
  });
  printDiagnostics(tuning.diagnostics);
  process.stdout.write(args.flag('json') ? `${tuningJson(tuning)}\n` : tuning.patch);
  process.stderr.write(tuningText(tuning));
  return tuning.diagnostics.some((d) => d.severity === 'error') ? EXIT.failure : EXIT.ok;
}

function readFiles(paths: readonly string[]): readonly Observation[] {
  if (paths.length === 0) {
    throw new UsageError(
      'no file of detections is named',
      'write `runward rules tune DETECTIONS.jsonl`, with the lines of `runward run --format full` or of Falco',
    );
  }
  const all: Observation[] = [];
  for (const path of paths) {
    const { observations, skipped } = readObservations(readText(path));
    for (const { line, reason } of skipped.slice(0, SKIPPED_SHOWN))
      process.stderr.write(`runward: ${visible(path)}:${line} is skipped: ${reason}\n`);
    const more = skipped.length - SKIPPED_SHOWN;
    if (more > 0) process.stderr.write(`runward: ${visible(path)}: ${more} more lines are skipped\n`);
    for (const observation of observations) all.push(observation);
  }
  if (all.length === 0)
    throw new UsageError('there is no detection in what was read', 'one JSON object per line');
  return all;
}

function readText(path: string): string {
  try {
    if (path !== '-' && statSync(path).size > MAX_FILE) {
      throw new UsageError(`\`${path}\` is larger than 256 MiB`, 'split it by lines and name the parts');
    }
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot read \`${path}\`: ${reason}`, 'check that the file exists and is readable');
  }
}
