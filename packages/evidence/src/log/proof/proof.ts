import { EvidenceError } from '../../error.js';
import { isObject, parseJson } from '../record.js';

export const PROOF_FORMAT = 'runward-evidence-proof-1';
/** Years of keys that passed on every hour have a few megabytes. */
export const MOST_PROOF_BYTES = 64 * 1024 * 1024;
const MOST_KEYS = 200_000;
/** A segment of 2^48 records would be needed for more. */
const MOST_PATH = 48;

/** A record as the log has it: its text, and its own signature or ''. */
export interface ProofRecord {
  readonly json: string;
  readonly signature: string;
}

/** That a record is in a log, for somebody who has neither the log nor trust in who gives it. */
export interface Proof {
  readonly format: typeof PROOF_FORMAT;
  readonly log: string;
  readonly record: ProofRecord;
  /** Its place among the records of its segment, from 0. */
  readonly index: number;
  /** From its hash to the root: the hashes beside it, hexadecimal, the lowest first. */
  readonly path: readonly string[];
  /** The signed record that names the root: the segment's end, or after a crash the beginning of the next one. */
  readonly witness: ProofRecord;
  /** How keys passed on, one after the other, up to the one that signed the witness. */
  readonly keys: readonly ProofRecord[];
  /** The key the first of those passed on from, or that signed the witness itself. */
  readonly from: string;
}

export const proofInvalid = (why: string): EvidenceError =>
  new EvidenceError('EVIDENCE_PROOF_INVALID', `the proof does not hold: ${why}`, {
    help: 'it proves nothing; ask for the file as `runward evidence prove` wrote it',
  });

const MEMBERS = ['format', 'from', 'index', 'keys', 'log', 'path', 'record', 'witness'];
const HASH = /^[0-9a-f]{64}$/;
const KEY = /^[A-Za-z0-9_-]{43}$/;
const SIGNATURE = /^(?:[A-Za-z0-9_-]{86})?$/;

/** @throws EvidenceError EVIDENCE_PROOF_INVALID for a text that is no proof */
export function readProof(text: string): Proof {
  const value = parseJson(text);
  if (!isObject(value) || value.format !== PROOF_FORMAT) throw proofInvalid(`it is no ${PROOF_FORMAT}`);
  // What stands beside a proof is not proven, and must not look as if it were.
  const odd = Object.keys(value).find((name) => !MEMBERS.includes(name));
  if (odd !== undefined) throw proofInvalid(`\`${odd}\` is no part of one`);
  const { log, index, path, keys, from, record, witness } = value;
  if (typeof log !== 'string' || log === '') throw proofInvalid('`log` is not the name of a log');
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0)
    throw proofInvalid('`index` is not a number from 0 on');
  if (!isListOf(path, MOST_PATH, (item) => typeof item === 'string' && HASH.test(item)))
    throw proofInvalid('`path` is not a list of SHA-256 hashes');
  if (!isListOf(keys, MOST_KEYS, isRecordText)) throw proofInvalid('`keys` is not a list of records');
  if (typeof from !== 'string' || !KEY.test(from)) throw proofInvalid('`from` is not a key');
  if (!isRecordText(record)) throw proofInvalid('`record` is not a record');
  if (!isRecordText(witness)) throw proofInvalid('`witness` is not a record');
  return value as unknown as Proof; // every member was checked
}

const isListOf = (value: unknown, most: number, fits: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length <= most && value.every(fits);

const isRecordText = (value: unknown): boolean =>
  isObject(value) &&
  Object.keys(value).length === 2 &&
  typeof value.json === 'string' &&
  typeof value.signature === 'string' &&
  SIGNATURE.test(value.signature) &&
  // The last character has bits to spare, and a signature has one text.
  Buffer.from(value.signature, 'base64url').toString('base64url') === value.signature;
