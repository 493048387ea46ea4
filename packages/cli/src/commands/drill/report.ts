import { compareRuns, DrillHistory } from '@runward/drill';
import { stateOf } from '../../agent-client.js';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { drillHtml } from '../../drill/drill-html.js';
import { drillJson, reportText } from '../../drill/drill-text.js';
import { writeOutput } from '../../output-file.js';
import { paintFor } from '../../terminal.js';

export const report: Command = {
  name: 'drill report',
  summary: 'what a drill found, as text, JSON or a page',
  operands: '[RUN]',
  about: `The last drill, or the one named RUN (\`--runs\` lists those that are kept), compared with the one before it.`,
  options: {
    runs: { type: 'boolean', doc: 'list the drills that are kept' },
    json: { type: 'boolean', doc: 'one JSON object' },
    html: {
      type: 'string',
      value: 'FILE',
      doc: 'write a page that needs nothing else (`-`: to standard output)',
    },
    state: { type: 'string', value: 'DIR', doc: 'where results are kept (default /var/lib/runward)' },
  },
  examples: [
    ['runward drill report --html drill.html', 'the last drill as a page'],
    ['runward drill report 20260501T090000000Z', 'one of those that `--runs` lists'],
  ],
  run: reportCommand,
};

async function reportCommand(args: Parsed): Promise<number> {
  const [wanted, ...more] = args.rest;
  if (more.length > 0) throw new UsageError(`unexpected \`${more[0]}\``, 'name one run');
  const history = new DrillHistory(stateOf(args));
  const names = history.names().map((name) => name.replace(/\.json$/, ''));
  if (args.flag('runs')) {
    process.stdout.write(names.map((name) => `${name}\n`).join(''));
    return EXIT.ok;
  }
  const at = wanted === undefined ? names.length - 1 : names.indexOf(wanted);
  const name = names[at];
  if (name === undefined)
    throw new UsageError(
      wanted === undefined ? `no drill is kept in \`${history.folder}\`` : `there is no drill \`${wanted}\``,
      wanted === undefined
        ? 'run one with `runward drill run --all`'
        : '`runward drill report --runs` lists them',
    );
  const run = history.read(`${name}.json`);
  const before = names[at - 1];
  const comparison = before === undefined ? undefined : compareRuns(run, history.read(`${before}.json`));
  const html = args.text('html');
  if (html !== undefined) writeOutput(html, drillHtml(run, comparison));
  if (args.flag('json')) process.stdout.write(`${drillJson(run, comparison)}\n`);
  else if (html === undefined)
    process.stdout.write(`${reportText(run, comparison, paintFor(process.stdout))}\n`);
  return EXIT.ok;
}
