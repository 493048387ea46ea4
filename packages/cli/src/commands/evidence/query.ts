import { type Command, EXIT, type Parsed } from '../../command.js';
import { boundsOf, FILTER_OPTIONS, filterOf, folderOf, noOperands } from '../../evidence-desk.js';
import { recordJson, recordText } from '../../evidence-text.js';
import { LineWriter } from '../../output.js';
import { paintFor } from '../../terminal.js';

export const query: Command = {
  name: 'evidence query',
  summary: 'records by kind, container, time and text',
  operands: '',
  about: `Prints the records that fit, oldest first. Only reads: \`runward evidence verify\` says whether they are what was
written.`,
  options: { ...FILTER_OPTIONS, json: { type: 'boolean', doc: 'JSON lines, whole records' } },
  examples: [
    ['runward evidence query --kind detection --container web --since 2h', 'what was found in a container'],
    ['runward evidence query --kind policy.change --kind command', 'who changed what'],
  ],
  run: queryCommand,
};

async function queryCommand(args: Parsed): Promise<number> {
  noOperands(args, 'what to look for is given with options: `runward evidence query --help`');
  const folder = folderOf(args);
  const bounds = boundsOf(args);
  const { FolderDisk, readRecords, recordFilter } = await import('@runward/evidence');
  const isWanted = recordFilter(filterOf(args));
  let isOver = false;
  const writer = new LineWriter(() => {
    isOver = true;
  });
  const paint = paintFor(process.stdout);
  for await (const found of readRecords(new FolderDisk(folder), bounds)) {
    if (isOver) break;
    if (isWanted(found))
      await writer.write([args.flag('json') ? recordJson(found) : recordText(found, paint)]);
  }
  return EXIT.ok;
}
