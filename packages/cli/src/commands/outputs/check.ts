import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { readOutputsFile } from '../../outputs-file.js';
import { table, toJson } from '../../terminal.js';

export const check: Command = {
  name: 'outputs check',
  summary: 'say what is wrong with a file of outputs',
  operands: 'FILE',
  about:
    'Reads a file of outputs as `runward run --outputs` does, and lists them. Nothing is sent and no secret is read.',
  options: { json: { type: 'boolean', doc: 'one JSON object, without secrets' } },
  examples: [['runward outputs check outputs.yaml', 'every problem, with its line']],
  run: checkCommand,
};

/** The one file that is named. */
export function fileOf(args: Parsed, action: string): string {
  const [file, ...more] = args.rest;
  if (file !== undefined && more.length === 0) return file;
  const problem = file === undefined ? 'no file is named' : `unexpected \`${more[0]}\``;
  throw new UsageError(problem, `write \`runward outputs ${action} FILE\``);
}

async function checkCommand(args: Parsed): Promise<number> {
  const outputs = await readOutputsFile(fileOf(args, 'check'));
  if (outputs === 'rejected') return EXIT.usage;
  const rows = outputs.map(({ name, target, minPriority, queueBytes }) => ({
    ...{ name, type: target.type, minPriority, queueBytes },
    format: 'format' in target ? target.format : target.type,
  }));
  if (args.flag('json')) process.stdout.write(`${toJson({ outputs: rows })}\n`);
  else {
    const cells = rows.map((row) => [row.name, row.type, row.format, `${row.minPriority} and more urgent`]);
    process.stdout.write(`${table([['OUTPUT', 'TYPE', 'FORMAT', 'TAKES'], ...cells])}\n`);
  }
  return EXIT.ok;
}
