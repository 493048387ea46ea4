import { readFileSync, statSync } from 'node:fs';
import type { Proven } from '@runward/evidence';
import { EXIT, type Parsed, UsageError } from '../../command.js';
import { readGiven } from '../../evidence-desk.js';
import { recordText } from '../../evidence-text.js';
import { paintFor, toJson, visible } from '../../terminal.js';

/** What is about a whole log, and says nothing of one record. */
const OF_LOGS = ['folder', 'since', 'checkpoint', 'time-authority'];

/** `evidence verify --proof`: one record, without its log. */
export async function checkProof(args: Parsed, path: string): Promise<number> {
  const odd = OF_LOGS.find((name) => args.texts(name).length > 0);
  if (odd !== undefined)
    throw new UsageError(
      `\`--${odd}\` is about a log, and a proof is checked without one`,
      `leave \`--${odd}\` out`,
    );
  const given = args.text('public-key');
  if (given === undefined)
    throw new UsageError(
      'a proof shows nothing without a key that was kept elsewhere',
      'give it with `--public-key KEY|FILE`: one of `runward evidence keys` that is no younger than the record',
    );
  const { MOST_PROOF_BYTES, readProof, readPublicKey, verifyProof } = await import('@runward/evidence');
  const publicKey = readPublicKey(readGiven(given));
  const proven = verifyProof(readProof(textOf(path, MOST_PROOF_BYTES)), publicKey);
  process.stdout.write(
    args.flag('json') ? `${toJson({ verified: true, publicKey, ...proven })}\n` : provenText(proven),
  );
  return EXIT.ok;
}

function textOf(path: string, most: number): string {
  try {
    const { size } = statSync(path);
    if (size <= most) return readFileSync(path, 'utf8');
    throw new Error(`it has ${size} bytes, which no proof has`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `\`${path}\` cannot be read: ${why}`,
      '`runward evidence prove RECORD -o FILE` writes a proof',
    );
  }
}

function provenText({ log, record, segment, signedAt, key, passedOn }: Proven): string {
  const paint = paintFor(process.stdout);
  const by = passedOn === 0 ? 'the key that was given' : `${key}, to which the key that was given passed on`;
  return [
    recordText({ record }, paint),
    `  in segment ${segment} of log ${visible(log)}, whose root was signed by ${by}, at ${visible(signedAt)} as that node's clock has it`,
    `${paint('bold', 'proven')}: the record was in the log, word for word`,
    '',
  ].join('\n');
}
