import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { FOLDER_OPTION, folderOf, readGiven } from '../../evidence-desk.js';
import { writeOutput } from '../../output-file.js';

export const prove: Command = {
  name: 'evidence prove',
  summary: 'proof that one record is in the log, for somebody who has nothing of it',
  operands: 'RECORD',
  about: `Writes a file that proves one record: its text, its way to the signed root of its segment, and how keys passed on up to the
one that signed it. \`runward evidence verify --proof FILE --public-key KEY\` checks it anywhere, with a key that was kept
elsewhere and is no younger than the record. It shows that record and no other.`,
  options: {
    ...FOLDER_OPTION,
    'public-key': {
      type: 'string',
      value: 'KEY|FILE',
      doc: 'the key it is to be checked with, for a shorter proof (default: the oldest there is, and all after it)',
    },
    output: { type: 'string', short: 'o', value: 'FILE', doc: 'where to (default: standard output)' },
  },
  examples: [
    ['runward evidence prove 1234 -o proof.json', 'record 1234, for whoever has a key of this node'],
    ['runward evidence query --kind detection --container web --since 2h', 'find its number'],
  ],
  run: proveCommand,
};

async function proveCommand(args: Parsed): Promise<number> {
  const [number, ...others] = args.rest;
  if (number === undefined || others.length > 0 || !/^\d{1,15}$/.test(number))
    throw new UsageError(
      number === undefined
        ? 'the number of a record is missing'
        : `\`${args.rest.join(' ')}\` is no number of a record`,
      '`runward evidence query` prints it behind the time',
    );
  const folder = folderOf(args);
  const given = args.text('public-key');
  const { FolderDisk, makeProof, readPublicKey } = await import('@runward/evidence');
  const publicKey = given === undefined ? undefined : readPublicKey(readGiven(given));
  const proof = await makeProof(new FolderDisk(folder), Number(number), publicKey);
  const text = `${JSON.stringify(proof, undefined, 1)}\n`;
  writeOutput(args.text('output') ?? '-', text, 0o600);
  return EXIT.ok;
}
