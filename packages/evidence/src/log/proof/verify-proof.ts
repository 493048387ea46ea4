import { EvidenceError } from '../../error.js';
import { asClose, asOpen, asRotate } from '../bodies.js';
import { recordStatement, SignatureCheck } from '../keys.js';
import { LOG_KINDS } from '../kinds.js';
import { pathLeadsTo } from '../merkle.js';
import { type EvidenceRecord, makeLine, parseRecord } from '../record.js';
import { KeyChain } from '../verify/key-chain.js';
import { type Proof, type ProofRecord, proofInvalid } from './proof.js';

export interface Proven {
  readonly log: string;
  readonly record: EvidenceRecord;
  readonly segment: number;
  /** When the root was signed, as the log says. */
  readonly signedAt: string;
  /** The key that signed it, and how many times the given one had passed on until then. */
  readonly key: string;
  readonly passedOn: number;
}

/**
 * Checks that a record was in the log of a key, by nothing but the proof and that key.
 *
 * @throws EvidenceError EVIDENCE_PROOF_INVALID, or EVIDENCE_PROOF_UNTRUSTED where it holds under other keys than the given one
 */
export function verifyProof(proof: Proof, publicKey: string): Proven {
  const check = new SignatureCheck();
  const record = parsed(proof.record, 'the record');
  const witness = parsed(proof.witness, 'the witness');
  const reigns = reignsOf(proof, check);
  const reign = reigns.at(-1) ?? { key: proof.from, sinceSeq: undefined };
  const root = rootOf(witness, reign.key);
  if (!check.holds(reign.key, recordStatement(proof.log, proof.witness.json), proof.witness.signature))
    throw proofInvalid(`the root is not signed by ${reign.key}`);
  if (record.seq !== root.first + proof.index)
    throw proofInvalid(`record ${record.seq} cannot be at place ${proof.index} of segment ${root.segment}`);
  // Whoever has a key can sign whatever they like, but nothing older than the key is.
  if (reign.sinceSeq !== undefined && root.first <= reign.sinceSeq)
    throw proofInvalid(`the key that signed the root of segment ${root.segment} came after it`);
  const { hash } = makeLine(proof.record.json, proof.record.signature);
  const leaf = { hash, index: proof.index, size: root.records };
  if (!pathLeadsTo(root.root, leaf, proof.path))
    throw proofInvalid(
      `record ${record.seq} and its path do not lead to the root of segment ${root.segment}`,
    );
  const trusted = reigns.findIndex(({ key }) => key === publicKey);
  if (trusted < 0)
    throw new EvidenceError('EVIDENCE_PROOF_UNTRUSTED', `nothing in the proof leads from ${publicKey}`, {
      help: 'give a key of this log that is no younger than the record, or ask for a proof that begins at the key you have',
    });
  return {
    ...{ log: proof.log, record, segment: root.segment, signedAt: witness.time, key: reign.key },
    passedOn: reigns.length - 1 - trusted,
  };
}

interface Reign {
  readonly key: string;
  /** The record that passed on to it; undefined of the first. */
  readonly sinceSeq: number | undefined;
}

/** The keys in the order in which they passed on. */
function reignsOf({ log, from, keys }: Proof, check: SignatureCheck): readonly Reign[] {
  const chain = new KeyChain(check);
  chain.begin(from);
  const reigns: Reign[] = [{ key: from, sinceSeq: undefined }];
  for (const text of keys) {
    const record = parsed(text, 'a record of `keys`');
    const line = { ...makeLine(text.json, text.signature), record, intact: true, offset: 0, length: 0 };
    const before = reigns.at(-1)?.sinceSeq ?? 0;
    if (record.kind !== LOG_KINDS.rotate || record.seq <= before || !chain.passSigned(line, log))
      throw proofInvalid(`record ${record.seq} does not pass the key on`);
    reigns.push({ key: asRotate(record.body)?.to ?? '', sinceSeq: record.seq });
  }
  return reigns;
}

interface Root {
  readonly segment: number;
  /** The number of its first record. */
  readonly first: number;
  readonly records: number;
  readonly root: string;
}

function rootOf({ kind, body, seq }: EvidenceRecord, key: string): Root {
  const close = kind === LOG_KINDS.close ? asClose(body) : undefined;
  const open = kind === LOG_KINDS.open ? asOpen(body) : undefined;
  if (open !== undefined && open.key !== key)
    throw proofInvalid(
      `segment ${open.segment} was begun with another key than the one that is to vouch for it`,
    );
  const { segment, records, root } = close ?? open?.previous ?? {};
  if (segment === undefined || !isCount(records) || typeof root !== 'string' || records > seq)
    throw proofInvalid(`record ${seq} (${kind}) names no root`);
  return { segment, records, root, first: seq - records };
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;

function parsed({ json }: ProofRecord, what: string): EvidenceRecord {
  const record = parseRecord(json);
  if (record === undefined) throw proofInvalid(`${what} is no record of a log`);
  return record;
}
