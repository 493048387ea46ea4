import {
  asClose,
  asOpen,
  asPruned,
  asRotate,
  type PrunedTotal,
  type SegmentOpen,
  type Torn,
} from './bodies.js';
import type { Disk } from './disk.js';
import { recordStatement, type SignatureCheck } from './keys.js';
import { LOG_KINDS } from './kinds.js';
import { merkleRoot } from './merkle.js';
import { type ReadLine, sha256 } from './record.js';
import { readSegment, type SegmentText, segmentNumbers } from './segment.js';

/** Where a log goes on. */
export interface LogEnd {
  readonly log: string;
  /** The highest number that a segment has. */
  readonly segment: number;
  /** The last acknowledged record. */
  readonly seq: number;
  readonly hash: string;
  /** SHA-256 of its text. */
  readonly digest: string;
  readonly time: string;
  /** The key that may sign what follows. */
  readonly key: string;
  readonly previous: NonNullable<SegmentOpen['previous']>;
  readonly torn: readonly Torn[];
  readonly pruned: PrunedTotal | undefined;
}

/**
 * The end of the log on a disk: the last record that is signed and intact. What lies behind it was never acknowledged, by
 * a crash or otherwise, and is named. Damage before it is left for verification to find: nothing is cut off. undefined when
 * there is no log.
 */
export async function findEnd(disk: Disk, check: SignatureCheck): Promise<LogEnd | undefined> {
  const numbers = await segmentNumbers(disk);
  const newest = numbers.at(-1);
  const torn: Torn[] = [];
  for (const segment of numbers.toReversed()) {
    const text = await readSegment(disk, segment);
    const last = lastSigned(text, check);
    const behind = tornBehind(text, last);
    if (behind !== undefined) torn.unshift(behind);
    if (last !== undefined) return { ...endOf(text, last), segment: newest ?? segment, torn };
  }
  return undefined;
}

interface Signed {
  readonly at: number;
  readonly open: SegmentOpen;
}

function lastSigned({ lines }: SegmentText, check: SignatureCheck): Signed | undefined {
  const open = lines[0]?.record.kind === LOG_KINDS.open ? asOpen(lines[0].record.body) : undefined;
  if (open === undefined) return undefined;
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const line = lines[at];
    if (line === undefined || line.signature === '' || !line.intact) continue;
    if (check.holds(open.key, recordStatement(open.log, line.json), line.signature)) return { at, open };
  }
  return undefined;
}

/** The records of a segment that were acknowledged, as far as it says so itself. */
export function acknowledgedPart(text: SegmentText, check: SignatureCheck): readonly ReadLine[] {
  const last = lastSigned(text, check);
  return last === undefined ? [] : text.lines.slice(0, last.at + 1);
}

/** What a segment holds behind one of its lines, or behind nothing. */
export function tornBehind(text: SegmentText, last: { readonly at: number } | undefined): Torn | undefined {
  const line = last === undefined ? undefined : text.lines[last.at];
  const offset = line === undefined ? 0 : line.offset + line.length;
  const rest = text.bytes.subarray(offset);
  if (rest.length === 0) return undefined;
  const records = text.lines.filter((each) => each.offset >= offset).length;
  return { segment: text.segment, offset, bytes: rest.length, sha256: sha256(rest), records };
}

function endOf({ segment, lines }: SegmentText, { at, open }: Signed): Omit<LogEnd, 'segment' | 'torn'> {
  const kept = lines.slice(0, at + 1);
  const last = kept.at(-1) as ReadLine; // `at` is a place in `lines`
  const { log } = open;
  const { seq, time } = last.record;
  return {
    ...{ log, seq, time, hash: last.hash, digest: sha256(last.json) },
    key: bodyOf(kept, LOG_KINDS.rotate, asRotate)?.to ?? open.key,
    previous: previousOf(segment, kept),
    pruned: bodyOf(kept, LOG_KINDS.pruned, asPruned)?.total ?? open.pruned,
  };
}

function previousOf(segment: number, kept: readonly ReadLine[]): LogEnd['previous'] {
  const close = bodyOf(kept, LOG_KINDS.close, asClose);
  if (close !== undefined) return { segment, records: close.records, root: close.root };
  return { segment, records: kept.length, root: merkleRoot(kept.map(({ hash }) => hash)) };
}

/** The last of a kind. */
function bodyOf<T>(
  lines: readonly ReadLine[],
  kind: string,
  as: (body: unknown) => T | undefined,
): T | undefined {
  return as(lines.findLast(({ record }) => record.kind === kind)?.record.body);
}
