import { EvidenceError } from '../../error.js';
import { asOpen, asRotate } from '../bodies.js';
import type { Disk } from '../disk.js';
import { errnoOf } from '../folder-disk.js';
import { LOG_KINDS } from '../kinds.js';
import { auditPath } from '../merkle.js';
import type { ReadLine } from '../record.js';
import { KEYS_FILE, parseSegment, readSegment, segmentNumbers } from '../segment.js';
import { lastLines, type Surveyed, survey, tornParts } from '../verify/survey.js';
import { PROOF_FORMAT, type Proof, type ProofRecord } from './proof.js';
import { verifyProof } from './verify-proof.js';

/**
 * The proof that a record is in the log: its way to the signed root of its segment, and how keys passed on up to the one that
 * signed it, from `publicKey` on, or from the oldest there is.
 *
 * @throws EvidenceError EVIDENCE_PROOF_IMPOSSIBLE
 */
export async function makeProof(disk: Disk, seq: number, publicKey?: string): Promise<Proof> {
  const surveyed = await survey(disk, await segmentNumbers(disk));
  const at = surveyed.findLastIndex((each) => each.seq !== undefined && each.seq <= seq);
  const place = surveyed[at];
  if (place?.open === undefined)
    throw impossible(`there is no record ${seq}`, 'the oldest may have been pruned');
  const { segment, open } = place;
  const { lines, bytes } = await readSegment(disk, segment);
  const limit = tornParts(surveyed).get(segment)?.offset ?? bytes.length;
  const whole = lines.filter(({ offset }) => offset < limit);
  const isClosed = whole.at(-1)?.record.kind === LOG_KINDS.close;
  const leaves = isClosed ? whole.slice(0, -1) : whole;
  const index = leaves.findIndex(({ record }) => record.seq === seq);
  const line = leaves[index];
  if (line === undefined) throw unprovable(seq, whole);
  const next = surveyed[at + 1];
  const witness = isClosed ? whole.at(-1) : await firstOf(disk, next);
  if (witness === undefined)
    throw impossible(
      `segment ${segment}, which record ${seq} is in, has no root yet`,
      'close it with `runward evidence rotate`; it is closed every hour by itself',
    );
  const signer = isClosed ? open.key : (asOpen(witness.record.body)?.key ?? '');
  const rotations = await rotationsUpTo(disk, surveyed.slice(0, at + 1), signer);
  const { keys, from } = since(rotations, publicKey, signer, seq);
  const proof: Proof = {
    ...{ format: PROOF_FORMAT, log: open.log, record: textOf(line), index, from },
    path: auditPath(
      leaves.map(({ hash }) => hash),
      index,
    ),
    ...{ witness: textOf(witness), keys: keys.map(textOf) },
  };
  try {
    verifyProof(proof, from);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw impossible(why, '`runward evidence verify` says what is wrong with the log', cause);
  }
  return proof;
}

const impossible = (why: string, help: string, cause?: unknown): EvidenceError =>
  new EvidenceError('EVIDENCE_PROOF_IMPOSSIBLE', why, { help, cause });

function unprovable(seq: number, whole: readonly ReadLine[]): EvidenceError {
  const last = whole.at(-1)?.record;
  return last?.seq === seq
    ? impossible(
        `record ${seq} ends its segment: it names the root of those before it`,
        'it is in every proof of theirs',
      )
    : impossible(`there is no record ${seq} in the log`, `it goes up to record ${last?.seq ?? 0}`);
}

const textOf = ({ json, signature }: ReadLine): ProofRecord => ({ json, signature });

async function firstOf(disk: Disk, next: Surveyed | undefined): Promise<ReadLine | undefined> {
  return next === undefined ? undefined : (await readSegment(disk, next.segment)).lines[0];
}

/** How keys passed on until `signer` signed, as far back as anything tells, without a break. */
async function rotationsUpTo(
  disk: Disk,
  segments: readonly Surveyed[],
  signer: string,
): Promise<readonly ReadLine[]> {
  const found: ReadLine[] = [];
  const take = (line: ReadLine): void => {
    const rotate = line.record.kind === LOG_KINDS.rotate ? asRotate(line.record.body) : undefined;
    const before = asRotate(found.at(-1)?.record.body)?.to;
    // What pruning left half done is among the earlier ones already; a lost key is where all begins anew.
    if (rotate === undefined || found.some(({ record }) => record.seq === line.record.seq)) return;
    if (before !== undefined && before !== rotate.from) found.length = 0;
    found.push(line);
  };
  const earlier = await disk.read(KEYS_FILE).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  for (const line of parseSegment(0, earlier).lines) take(line);
  for (const { segment } of segments) for (const line of await lastLines(disk, segment)) take(line);
  const end = found.findLastIndex(({ record }) => asRotate(record.body)?.to === signer);
  return found.slice(0, end + 1);
}

function since(
  rotations: readonly ReadLine[],
  publicKey: string | undefined,
  signer: string,
  seq: number,
): { readonly keys: readonly ReadLine[]; readonly from: string } {
  const fromOf = (line: ReadLine | undefined): string | undefined => asRotate(line?.record.body)?.from;
  const oldest = fromOf(rotations[0]) ?? signer;
  if (publicKey === undefined) return { keys: rotations, from: oldest };
  if (publicKey === signer) return { keys: [], from: signer };
  const at = rotations.findIndex((line) => fromOf(line) === publicKey);
  if (at >= 0) return { keys: rotations.slice(at), from: publicKey };
  throw impossible(
    `no key of the log leads from ${publicKey} to the one that signed for record ${seq}`,
    'give a key that is older than the record: `runward evidence keys` lists them',
  );
}
