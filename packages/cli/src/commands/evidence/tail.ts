import type { Found } from '@runward/evidence';
import { type Command, EXIT, numberOption, type Parsed } from '../../command.js';
import { FILTER_OPTIONS, filterOf, folderOf, noOperands } from '../../evidence-desk.js';
import { recordJson, recordText } from '../../evidence-text.js';
import { LineWriter } from '../../output.js';
import { paintFor } from '../../terminal.js';

const { since: _since, until: _until, ...OPTIONS } = FILTER_OPTIONS;

export const tail: Command = {
  name: 'evidence tail',
  summary: 'the last records, and new ones as they come',
  operands: '',
  about:
    'Prints the last records that fit, and with -f those that follow, when they are on the disk, until it is interrupted.',
  options: {
    ...OPTIONS,
    lines: { type: 'string', short: 'n', value: 'N', doc: 'how many of those that are there (default 10)' },
    follow: { type: 'boolean', short: 'f', doc: 'wait for more' },
    json: { type: 'boolean', doc: 'JSON lines, whole records' },
  },
  examples: [['runward evidence tail -f --kind response', 'what is being done about it, as it is done']],
  run: tailCommand,
};

async function tailCommand(args: Parsed): Promise<number> {
  noOperands(args, 'what to look for is given with options: `runward evidence tail --help`');
  const folder = folderOf(args);
  const most = numberOption(args, 'lines', 10, 0, 1_000_000);
  const { FolderDisk, followRecords, readRecords, recordFilter } = await import('@runward/evidence');
  const disk = new FolderDisk(folder);
  const isWanted = recordFilter(filterOf(args));
  const end = new AbortController();
  const writer = new LineWriter(() => end.abort());
  const paint = paintFor(process.stdout);
  const text = (found: Found): string => (args.flag('json') ? recordJson(found) : recordText(found, paint));
  const last: string[] = [];
  let next = 1;
  for await (const found of readRecords(disk)) {
    next = found.record.seq + 1;
    if (!isWanted(found)) continue;
    last.push(text(found));
    if (last.length > most) last.shift();
  }
  await writer.write(last);
  if (!args.flag('follow')) return EXIT.ok;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort());
  for await (const found of followRecords(disk, next, end.signal))
    if (isWanted(found)) await writer.write([text(found)]);
  return EXIT.ok;
}
