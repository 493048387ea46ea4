import type { Found } from '@runward/evidence';
import { type Command, EXIT, type Parsed } from '../../command.js';
import { FOLDER_OPTION, folderOf, noOperands } from '../../evidence-desk.js';
import { table, toJson, visible } from '../../terminal.js';

export const keys: Command = {
  name: 'evidence keys',
  summary: 'the public keys of the log, to be kept elsewhere',
  operands: '',
  about: `Lists the public keys of the log in the order in which they passed on, since when each signs, and where its private half was kept:
sealed to the TPM of the node, or on its disk. Any of them, kept
where the node cannot change it, lets \`runward evidence verify --public-key\` tell this log from one that was made anew.`,
  options: {
    ...FOLDER_OPTION,
    pem: { type: 'boolean', doc: 'only the key that signs now, as PEM' },
    json: { type: 'boolean', doc: 'one JSON object' },
  },
  examples: [['runward evidence keys --pem > node-1.pem', 'the key to keep elsewhere']],
  run: keysCommand,
};

interface KeyRow {
  readonly key: string;
  readonly fromRecord: number;
  readonly since: string;
  /** `tpm` or `disk`, as the node says; undefined of a key that began no segment yet, and of older logs. */
  keptIn?: string;
}

async function keysCommand(args: Parsed): Promise<number> {
  noOperands(args, 'the folder is given with `--folder DIR`');
  const folder = folderOf(args);
  const { FolderDisk, noLogIn, publicPem, readRecords } = await import('@runward/evidence');
  const rows: KeyRow[] = [];
  for await (const { record } of readRecords(new FolderDisk(folder))) {
    const key = keyFrom(record);
    if (key === undefined) continue;
    const last = rows.at(-1);
    const { keyIn } = record.body;
    if (last?.key === key) {
      if (typeof keyIn === 'string') last.keptIn ??= keyIn;
      continue;
    }
    rows.push({
      key,
      fromRecord: record.kind === 'key.rotate' ? record.seq + 1 : record.seq,
      since: record.time,
      ...(typeof keyIn === 'string' ? { keptIn: keyIn } : {}),
    });
  }
  const current = rows.at(-1);
  if (current === undefined) throw noLogIn(folder);
  if (args.flag('pem')) process.stdout.write(publicPem(current.key));
  else if (args.flag('json')) process.stdout.write(`${toJson({ folder, keys: rows })}\n`);
  else {
    const lines = rows.map(({ key, fromRecord, since, keptIn }) => [
      visible(key),
      String(fromRecord),
      visible(since),
      visible(keptIn ?? '-'),
    ]);
    process.stdout.write(`${table([['KEY', 'FROM RECORD', 'SINCE', 'KEPT IN'], ...lines])}\n`);
  }
  return EXIT.ok;
}

/** The key that signs from a record on. */
function keyFrom({ kind, body }: Found['record']): string | undefined {
  const key = kind === 'segment.open' ? body.key : kind === 'key.rotate' ? body.to : undefined;
  return typeof key === 'string' ? key : undefined;
}
