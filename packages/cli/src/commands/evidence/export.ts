import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { boundsOf, FILTER_OPTIONS, filterOf, folderOf, noOperands } from '../../evidence-desk.js';
import { recordJson } from '../../evidence-text.js';

export const exportRecords: Command = {
  name: 'evidence export',
  summary: 'records as JSON lines that can be checked elsewhere',
  operands: '',
  about: `Writes the records that fit as JSON lines: each with its number, time, kind, body, the hash of the record before, its
own hash and, where it has one, its signature. To prove a whole log, copy its folder without \`private\` instead: a
selection has no chain.`,
  options: {
    ...FILTER_OPTIONS,
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'where to (default: standard output)' },
  },
  examples: [
    ['runward evidence export --since 7d -o week.ndjson', 'everything of a week, for another system'],
  ],
  run: exportCommand,
};

async function exportCommand(args: Parsed): Promise<number> {
  noOperands(args, 'what to export is given with options: `runward evidence export --help`');
  const folder = folderOf(args);
  const bounds = boundsOf(args);
  const path = args.text('output');
  const { FolderDisk, readRecords, recordFilter } = await import('@runward/evidence');
  const isWanted = recordFilter(filterOf(args));
  const isFile = path !== undefined && path !== '-';
  const output = isFile ? createWriteStream(path, { mode: 0o600 }) : process.stdout;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // raced below
  if (isFile) output.on('error', (error) => failed.reject(unwritable(path, error)));
  let count = 0;
  for await (const found of readRecords(new FolderDisk(folder), bounds)) {
    if (!isWanted(found)) continue;
    count += 1;
    if (!output.write(`${recordJson(found)}\n`))
      await Promise.race([
        new Promise<void>((resolve) => output.once('drain', () => resolve())),
        failed.promise,
      ]);
  }
  if (isFile) {
    output.end();
    await Promise.race([finished(output), failed.promise]).catch((error: Error) => {
      throw unwritable(path, error);
    });
  }
  process.stderr.write(`runward: ${count} records\n`);
  return EXIT.ok;
}

const unwritable = (path: string, error: Error): UsageError =>
  error instanceof UsageError
    ? error
    : new UsageError(`cannot write \`${path}\`: ${error.message}`, 'name a file in a folder that exists');
