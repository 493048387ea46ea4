import { hash as hashOnce } from 'node:crypto';

/** What the first record of a log follows. */
export const NO_RECORD = '0'.repeat(64);

/** One record as it is read back. */
export interface EvidenceRecord {
  readonly seq: number;
  /** RFC 3339 with milliseconds, UTC. */
  readonly time: string;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The hash of the record before it. */
  readonly prev: string;
  /** Where the body could not be written as it was. */
  readonly mended?: readonly string[];
}

/** A line of a segment: `HASH SIGNATURE JSON`. */
export interface Line {
  /** SHA-256 of everything behind it in the line, hexadecimal. */
  readonly hash: string;
  /** Ed25519, base64url; '' when the record is not signed by itself. */
  readonly signature: string;
  readonly json: string;
}

export interface ReadLine extends Line {
  readonly record: EvidenceRecord;
  /** False when `hash` is not that of the rest. */
  readonly intact: boolean;
  /** Bytes, the line feed included. */
  readonly offset: number;
  readonly length: number;
}

export const sha256 = (text: string | Uint8Array): string => hashOnce('sha256', text, 'hex');

/** The canonical text of a record; `body` and `mended` are canonical already. */
export function recordJson(record: {
  readonly seq: number;
  readonly time: string;
  readonly kind: string;
  readonly body: string;
  readonly prev: string;
  readonly mended?: string | undefined;
}): string {
  const { seq, time, kind, body, prev, mended } = record;
  const told = mended === undefined ? '' : `"mended":${mended},`;
  return `{"body":${body},"kind":${JSON.stringify(kind)},${told}"prev":"${prev}","seq":${seq},"time":"${time}"}`;
}

export function makeLine(json: string, signature: string): Line {
  return { hash: sha256(`${signature || '-'} ${json}`), signature, json };
}

export const lineText = ({ hash, signature, json }: Line): string => `${hash} ${signature || '-'} ${json}\n`;

const HASH = /^[0-9a-f]{64}$/;
const SIGNATURE = /^[A-Za-z0-9_-]{86}$/;
const SIGNATURE_AT = 65;
/** Far more than the largest record has. */
const MOST_BYTES = 32 * 1024 * 1024;
const SPACE = 0x20;
const NONE = 0x2d;

/** undefined for bytes that are no line of a log. The line feed is not among `bytes`. */
export function parseLine(bytes: Buffer, offset: number): ReadLine | undefined {
  if (bytes.length > MOST_BYTES) return undefined;
  // A signature can begin with the same character.
  const isSigned = bytes[SIGNATURE_AT] !== NONE || bytes[SIGNATURE_AT + 1] !== SPACE;
  const jsonAt = SIGNATURE_AT + (isSigned ? 86 : 1) + 1;
  if (bytes[SIGNATURE_AT - 1] !== SPACE || bytes[jsonAt - 1] !== SPACE) return undefined;
  const hash = bytes.toString('latin1', 0, SIGNATURE_AT - 1);
  const signature = isSigned ? bytes.toString('latin1', SIGNATURE_AT, jsonAt - 1) : '';
  if (!HASH.test(hash) || (isSigned && !SIGNATURE.test(signature))) return undefined;
  const json = bytes.toString('utf8', jsonAt);
  const record = parseRecord(json);
  if (record === undefined) return undefined;
  const intact = sha256(bytes.subarray(SIGNATURE_AT)) === hash;
  return { hash, signature, json, record, intact, offset, length: bytes.length + 1 };
}

export function parseRecord(json: string): EvidenceRecord | undefined {
  const value = parseJson(json);
  return isRecord(value) ? value : undefined;
}

/** undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is EvidenceRecord {
  if (!isObject(value)) return false;
  const { seq, time, kind, body, prev } = value;
  return (
    Number.isSafeInteger(seq) &&
    typeof time === 'string' &&
    typeof kind === 'string' &&
    isObject(body) &&
    typeof prev === 'string'
  );
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
