import type { KeyPlace } from './key-sealer.js';
import { isObject } from './record.js';

/** What was pruned so far, all together. */
export interface PrunedTotal {
  readonly segments: number;
  readonly records: number;
  /** The last segment and record that went. */
  readonly segment: number;
  readonly through: number;
  /** The hash of that record: the oldest kept segment follows it. */
  readonly hash: string;
  /** SHA-256 over the accumulated value before and the root of a segment, for each that went, from 32 zero bytes on. */
  readonly accumulated: string;
}

/** What a crash left behind the last acknowledged record of a segment, which stays where it is. */
export interface Torn {
  readonly segment: number;
  /** Where it begins, bytes. */
  readonly offset: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Whole records in it that were never acknowledged. */
  readonly records: number;
}

/** The first record of a segment. */
export interface SegmentOpen {
  readonly format: 'runward-evidence-1';
  /** The log it belongs to: a random name given when the log began. */
  readonly log: string;
  readonly segment: number;
  /** The key that signs in this segment. */
  readonly key: string;
  /** Where it was kept, as the node says: nobody else can tell. Absent of logs from before that was said. */
  readonly keyIn?: KeyPlace;
  readonly host: string;
  readonly producer: string;
  /** The segment before, also where it has no end of its own. */
  readonly previous?: { readonly segment: number; readonly records: number; readonly root: string };
  readonly torn?: readonly Torn[];
  readonly pruned?: PrunedTotal;
  /** Why the key is not the one that the log passed on to. Verification says so for ever. */
  readonly broken?: string;
}

export interface SegmentClose {
  readonly segment: number;
  /** Those before this one, the first included. */
  readonly records: number;
  /** Merkle root (RFC 6962) over their hashes. */
  readonly root: string;
  readonly firstTime: string;
  readonly lastTime: string;
}

export interface KeyRotate {
  readonly from: string;
  readonly to: string;
  /** The new key's own signature. */
  readonly proof: string;
  readonly why: string;
  readonly who?: unknown;
}

export interface PrunedSegment {
  readonly segment: number;
  readonly first: number;
  readonly last: number;
  readonly firstTime: string;
  readonly lastTime: string;
  readonly root: string;
  /** Of its last record. */
  readonly hash: string;
}

export interface LogPruned {
  readonly why: 'size' | 'age';
  readonly segments: readonly PrunedSegment[];
  readonly total: PrunedTotal;
}

export interface Checkpoint {
  readonly log: string;
  readonly seq: number;
  readonly time: string;
  /** SHA-256 of the record's text. */
  readonly digest: string;
  readonly key: string;
  readonly signature: string;
}

type Shape = Readonly<Record<string, 'string' | 'number' | 'object'>>;

const fits = (value: unknown, shape: Shape): boolean =>
  isObject(value) &&
  Object.entries(shape).every(([key, type]) => typeof value[key] === type && value[key] !== null);

const TOTAL: Shape = {
  segments: 'number',
  records: 'number',
  segment: 'number',
  through: 'number',
  hash: 'string',
  accumulated: 'string',
};
const TORN: Shape = {
  segment: 'number',
  offset: 'number',
  bytes: 'number',
  sha256: 'string',
  records: 'number',
};
const PRUNED: Shape = { segment: 'number', first: 'number', last: 'number', root: 'string', hash: 'string' };

const listOf = (value: unknown, shape: Shape): boolean =>
  Array.isArray(value) && value.every((item) => fits(item, shape));

export const asOpen = (body: unknown): SegmentOpen | undefined =>
  isObject(body) &&
  body.format === 'runward-evidence-1' &&
  fits(body, { log: 'string', segment: 'number', key: 'string' }) &&
  (body.torn === undefined || listOf(body.torn, TORN)) &&
  (body.pruned === undefined || fits(body.pruned, TOTAL))
    ? (body as unknown as SegmentOpen) // every member that is read was checked
    : undefined;

export const asClose = (body: unknown): SegmentClose | undefined =>
  fits(body, { segment: 'number', records: 'number', root: 'string' })
    ? (body as unknown as SegmentClose) // as above
    : undefined;

export const asRotate = (body: unknown): KeyRotate | undefined =>
  fits(body, { from: 'string', to: 'string', proof: 'string' })
    ? (body as unknown as KeyRotate) // as above
    : undefined;

export const asPruned = (body: unknown): LogPruned | undefined =>
  isObject(body) && listOf(body.segments, PRUNED) && fits(body.total, TOTAL)
    ? (body as unknown as LogPruned) // as above
    : undefined;

export const asCheckpoint = (value: unknown): Checkpoint | undefined =>
  fits(value, {
    log: 'string',
    seq: 'number',
    time: 'string',
    digest: 'string',
    key: 'string',
    signature: 'string',
  })
    ? (value as unknown as Checkpoint) // as above
    : undefined;
