import { type Generalised, type GeneralisedLine, generalise } from '@runward/policy';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { LEARN_OPTIONS, learnDesk, workloadOf } from '../../learn-desk.js';
import { observedText, profileText, statusText } from '../../learn-text.js';
import { toJson, visible } from '../../terminal.js';

export const show: Command = {
  name: 'learn show',
  summary: 'all that was seen; the policy made of it and what is behind each line',
  operands: 'WORKLOAD',
  about: `Shows everything that was seen, with how often, when and by whom. \`--policy\` shows the policy made of it instead,
with the numbers of its lines; \`--why\` shows the observations behind one of them, by number or by a part of its text.`,
  options: {
    policy: { type: 'boolean', doc: 'the policy made of it, lines numbered' },
    why: { type: 'string', value: 'LINE|TEXT', doc: 'what is behind this line of the policy' },
    json: { type: 'boolean', doc: 'one JSON object' },
    ...LEARN_OPTIONS,
  },
  examples: [
    ['runward learn show web', 'everything'],
    ['runward learn show web --why /var/cache', 'what the lines about that folder rest on'],
  ],
  run: showCommand,
};

async function showCommand(args: Parsed): Promise<number> {
  const workload = await workloadOf(args, 'show');
  const why = args.text('why');
  if (why === '') throw new UsageError('`--why` names no line', 'write `--why LINE`, or a part of its text');
  const desk = await learnDesk(args);
  const { status, profile } = await desk.show(workload);
  if (profile === undefined || profile.coverage.replicas === 0) {
    process.stdout.write(args.flag('json') ? `${toJson({ status })}\n` : `${statusText(status)}\n`);
    return EXIT.ok;
  }
  if (why !== undefined) return explain(generalise(profile), why, args);
  if (args.flag('policy')) {
    const made = generalise(profile);
    process.stdout.write(args.flag('json') ? `${toJson(made)}\n` : numbered(made.text));
    return EXIT.ok;
  }
  process.stdout.write(
    args.flag('json')
      ? `${toJson({ status, profile })}\n`
      : `${statusText(status)}\n\n${profileText(profile)}\n`,
  );
  return EXIT.ok;
}

function numbered(text: string): string {
  const rows = text.trimEnd().split('\n');
  const width = String(rows.length).length;
  return rows.map((row, i) => `${String(i + 1).padStart(width)}  ${visible(row)}\n`).join('');
}

function explain({ text, lines }: Generalised, why: string, args: Parsed): number {
  const rows = text.split('\n');
  const found = lines.filter(({ line, subject }) =>
    /^\d+$/.test(why) ? line === Number(why) : subject.includes(why),
  );
  if (found.length === 0)
    throw new UsageError(
      `no line of the policy is \`${why}\``,
      '`--policy` shows them with their numbers; only lines that allow or deny something have a reason',
    );
  if (args.flag('json')) process.stdout.write(`${toJson(found)}\n`);
  else
    process.stdout.write(`${found.map((line) => lineText(line, rows[line.line - 1] ?? '')).join('\n\n')}\n`);
  return EXIT.ok;
}

function lineText({ line, section, observations, why }: GeneralisedLine, row: string): string {
  const head = `line ${line}, ${section}: ${visible(row.trim().replace(/ # .*$/, ''))}`;
  const body = observations.length === 0 ? `  ${visible(why)}` : observedText(observations);
  return `${head}\n${body}`;
}
