import { readFileSync } from 'node:fs';
import { afterActionMarkdown, type Exercise, readExercise } from '@runward/drill';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { printDiagnostics } from '../../diagnostics-text.js';
import { afterActionHtml } from '../../drill/after-action-html.js';
import { playTabletop } from '../../drill/tabletop-console.js';
import { writeOutput } from '../../output-file.js';
import { toJson } from '../../terminal.js';

/** More than any exercise needs. */
const MOST_BYTES = 1024 * 1024;

export const tabletop: Command = {
  name: 'drill tabletop',
  summary: 'a guided exercise for people, which times their decisions',
  operands: 'FILE',
  about: `Tells an incident scene by scene and asks what to do. The time of each decision is taken; what comes of it is told at
once, how good it was in the after-action report. Nothing is run.

Answers are read from standard input: the number of an option, \`n TEXT\` for a note that is kept with the decision, \`?\` for
the scene again, \`q\` to break off. The report goes to standard output as Markdown, or to --report files: \`.html\` as a page,
\`.json\` as JSON, others as Markdown.`,
  options: {
    report: { type: 'string', multiple: true, value: 'FILE', doc: 'where the report goes; repeatable' },
    participant: { type: 'string', multiple: true, value: 'NAME', doc: 'who takes part; repeatable' },
  },
  examples: [
    ['runward drill tabletop drills/tabletop/stolen-credentials.yaml', 'play one of those that ship'],
    [
      'runward drill tabletop own.yaml --participant Ann --report aar.html --report aar.md',
      'with two reports',
    ],
  ],
  run: tabletopCommand,
};

async function tabletopCommand(args: Parsed): Promise<number> {
  const [path, ...more] = args.rest;
  if (path === undefined || more.length > 0)
    throw new UsageError(
      path === undefined ? 'no exercise is named' : `unexpected \`${more[0]}\``,
      'write `runward drill tabletop FILE`; two ship in `drills/tabletop`',
    );
  const exercise = load(path);
  if (exercise === undefined) return EXIT.usage;
  const record = await playTabletop(exercise, args.texts('participant'));
  const markdown = afterActionMarkdown(record);
  for (const target of args.texts('report')) {
    const text = target.endsWith('.html')
      ? afterActionHtml(record)
      : target.endsWith('.json')
        ? `${toJson(record)}\n`
        : markdown;
    writeOutput(target, text);
  }
  if (args.texts('report').length === 0) process.stdout.write(markdown);
  return record.isComplete ? EXIT.ok : EXIT.failure;
}

function load(path: string): Exercise | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the exercise \`${path}\` cannot be read: ${reason}`, 'check that the file exists');
  }
  if (text.length > MOST_BYTES)
    throw new UsageError(`the exercise \`${path}\` is larger than 1 MiB`, 'is it the right file?');
  const { exercise, diagnostics } = readExercise({ name: path, text });
  printDiagnostics(diagnostics);
  return exercise;
}
