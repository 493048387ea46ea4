import { X509Certificate } from 'node:crypto';
import type { Checkpoint, Finding, VerifyReport } from '@runward/evidence';
import { type Command, EXIT, type Parsed, UsageError } from '../../command.js';
import { FOLDER_OPTION, folderOf, noOperands, readGiven, sinceOf } from '../../evidence-desk.js';
import { sizeText } from '../../quantity.js';
import { type Paint, paintFor, toJson, visible } from '../../terminal.js';

export const verify: Command = {
  name: 'evidence verify',
  summary: 'find whatever was changed, removed, added or moved',
  operands: '',
  about: `Checks an evidence log by nothing but its files: hashes, signatures, roots, how keys passed on, and whether the log
reaches as far as its checkpoints say. Whatever was changed, removed, added or moved is named.

Without a key from elsewhere this shows that the log is consistent, not that it is yours: whoever makes all of it anew
can sign all of it. With a key that was kept elsewhere (\`runward evidence keys\`), it must be the log of that key. With
checkpoints that were kept elsewhere (\`runward evidence checkpoint\`), it must reach as far as they do.

Works on a copy of the folder, and while an agent writes the log. With \`--proof\`, checks one record that \`runward evidence
prove\` wrote out, by nothing but that file and the key.`,
  options: {
    ...FOLDER_OPTION,
    since: { type: 'string', value: 'WHEN', doc: 'only from then on: a time, `2d` ago, or a record number' },
    'public-key': {
      type: 'string',
      value: 'KEY|FILE',
      doc: 'a key of this log that was kept elsewhere: 43 characters, or a PEM file',
    },
    checkpoint: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      doc: 'checkpoints of this log that were kept elsewhere, a line each; repeatable',
    },
    'time-authority': {
      type: 'string',
      value: 'FILE',
      doc: 'certificates (PEM) that vouch for the time authority: every stamp must be by one of them',
    },
    proof: {
      type: 'string',
      value: 'FILE',
      doc: 'check the proof of one record instead of a log; needs `--public-key`',
    },
    json: { type: 'boolean', doc: 'one JSON object' },
  },
  examples: [
    ['runward evidence verify', 'is the log of this node consistent?'],
    [
      'runward evidence verify --folder copy/ --public-key node-1.pem --checkpoint node-1.json',
      'is this copy the log of that node, up to that moment at least?',
    ],
    [
      'runward evidence verify --proof proof.json --public-key node-1.pem',
      'was this record in the log of that node?',
    ],
  ],
  run: verifyCommand,
};

async function verifyCommand(args: Parsed): Promise<number> {
  noOperands(args, 'the folder is given with `--folder DIR`');
  const proof = args.text('proof');
  if (proof !== undefined) return (await import('./check-proof.js')).checkProof(args, proof);
  const { FolderDisk, readPublicKey, verifyLog } = await import('@runward/evidence');
  const folder = folderOf(args);
  const given = args.text('public-key');
  const publicKey = given === undefined ? undefined : readPublicKey(readGiven(given));
  const checkpoints = (await Promise.all(args.texts('checkpoint').map(checkpointsIn))).flat();
  const authorities = args.text('time-authority');
  const report = await verifyLog(new FolderDisk(folder), {
    ...{ publicKey, checkpoints, since: sinceOf(args) },
    ...(authorities === undefined ? {} : { timeAuthorities: certificatesIn(authorities) }),
  });
  if (args.flag('json'))
    process.stdout.write(`${toJson({ folder, trusted: given !== undefined, ...report })}\n`);
  else process.stdout.write(reportText(folder, report, publicKey, paintFor(process.stdout)));
  return report.errors === 0 ? EXIT.ok : EXIT.failure;
}

/** A file may have several, a line each, as they were added over time. */
async function checkpointsIn(path: string): Promise<readonly Checkpoint[]> {
  const { asCheckpoint } = await import('@runward/evidence');
  const lines = readGiven(path)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const found = lines.map((line, i) => {
    const checkpoint = asCheckpoint(parsed(line));
    if (checkpoint !== undefined) return checkpoint;
    const where = lines.length > 1 ? `line ${i + 1} of \`${path}\`` : `\`${path}\``;
    throw new UsageError(`${where} is no checkpoint`, '`runward evidence checkpoint` writes one');
  });
  if (found.length > 0) return found;
  throw new UsageError(`\`${path}\` is empty`, '`runward evidence checkpoint` writes a checkpoint');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function certificatesIn(path: string): readonly X509Certificate[] {
  const found = readGiven(path).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (found.length > 0) return found.map((pem) => new X509Certificate(pem));
  } catch {
    // Told below.
  }
  throw new UsageError(`\`${path}\` has no certificates that can be read`, 'name a PEM file');
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

function reportText(
  folder: string,
  report: VerifyReport,
  publicKey: string | undefined,
  paint: Paint,
): string {
  const { log, records, first, last, segments, bytes, firstTime, lastTime, keys, pruned, lost, times } =
    report;
  const lines = report.findings.map((finding) => findingText(finding, paint));
  if (report.segments === 0) return `${lines.join('\n')}\n`;
  const untold = report.errors - report.findings.filter(({ severity }) => severity === 'error').length;
  if (untold > 0) lines.push(paint('red', `and ${plural(untold, 'error')} more`));
  lines.push(
    `${folder}: log ${visible(log)}, ${plural(records, 'record')} (${first} to ${last}) in ${plural(segments, 'segment')}, ${sizeText(bytes)}`,
    `  from ${visible(firstTime)} to ${visible(lastTime)}, under ${plural(keys.length, 'key')}, ${keptText(report)}`,
  );
  if (pruned !== undefined)
    lines.push(
      `  ${plural(pruned.records, 'record')} before that in ${plural(pruned.segments, 'segment')} were pruned`,
    );
  if (lost > 0) lines.push(`  its gaps count ${plural(lost, 'lost item')}`);
  if (times.last !== undefined)
    lines.push(
      `  record ${times.last.seq} and all before it were there at ${visible(times.last.time)}, as ${visible(times.last.authority)} stamped` +
        `${times.trusted > 0 ? '' : ' (whether that is to be trusted was not asked: give `--time-authority FILE`)'}`,
    );
  if (publicKey === undefined)
    lines.push('  no key from elsewhere was given: this shows that the log is consistent, not whose it is');
  lines.push(
    report.errors === 0
      ? `${paint('bold', 'verified')}: nothing was changed, removed, added or moved`
      : paint('red', `not verified: ${plural(report.errors, 'error')}`),
  );
  return `${lines.join('\n')}\n`;
}

/** Whoever could read the disk, or a copy of it, while a key was in use could sign as the node did. */
const keptText = ({ sealed, segments }: VerifyReport): string => {
  if (sealed === 0) return 'kept on the disk of the node, not in hardware';
  return sealed === segments
    ? 'sealed to the TPM of the node'
    : `sealed to the TPM of the node in ${sealed} of ${plural(segments, 'segment')}, else kept on its disk`;
};

function findingText({ severity, code, message }: Finding, paint: Paint): string {
  return severity === 'error'
    ? `${paint('red', `error[${code}]`)}: ${visible(message)}`
    : `${paint('cyan', `note[${code}]`)}: ${visible(message)}`;
}
