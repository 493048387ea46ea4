import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { FOLDER_OPTION, folderOf, noOperands } from '../../evidence-desk.js';
import { toJson } from '../../terminal.js';

export const checkpoint: Command = {
  name: 'evidence checkpoint',
  summary: 'proof of how far the log goes now, to be kept elsewhere',
  operands: '',
  about: `Prints the newest checkpoint of the log: the number, digest and signature of a record, at most a second old. Kept where the
node cannot change it, it fixes everything up to that record: \`runward evidence verify --checkpoint FILE\` finds a log
that does not reach it, or was another before it.`,
  options: { ...FOLDER_OPTION },
  examples: [
    ['runward evidence checkpoint | ssh vault tee -a node-1.checkpoints', 'every hour, from a timer'],
  ],
  run: checkpointCommand,
};

async function checkpointCommand(args: Parsed): Promise<number> {
  noOperands(args, 'the folder is given with `--folder DIR`');
  const folder = folderOf(args);
  const { asCheckpoint, CHECKPOINT_FILE, noLogIn } = await import('@runward/evidence');
  let found: ReturnType<typeof asCheckpoint>;
  let cause: unknown;
  try {
    found = asCheckpoint(JSON.parse(readFileSync(join(folder, CHECKPOINT_FILE), 'utf8')));
  } catch (error) {
    cause = error;
  }
  if (found === undefined) throw noLogIn(folder, 'checkpoint', cause);
  process.stdout.write(`${toJson(found)}\n`);
  return EXIT.ok;
}
