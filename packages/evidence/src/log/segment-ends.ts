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
import { parseSegment, readSegment, type SegmentText, segmentName } from './segment.js';

/** More than the first two records of a segment have, and more than its last two, as a rule. */
export const EDGE_BYTES = 256 * 1024;

/** What others need to know of a segment: how it begins and how its acknowledged part ends. */
export interface Acknowledged {
  readonly open: SegmentOpen;
  readonly first: ReadLine;
  readonly last: ReadLine;
  /** How its key passes on; undefined when it does not. */
  readonly rotation: ReadLine | undefined;
  /** The key that may sign after it. */
  readonly key: string;
  /** Without the closing one. */
  readonly records: number;
  /** The Merkle root over them. */
  readonly root: string;
  /** What was pruned so far. */
  readonly pruned: PrunedTotal | undefined;
}

export interface SegmentEnds {
  /** undefined when nothing in it was. */
  readonly acknowledged: Acknowledged | undefined;
  readonly torn: Torn | undefined;
}

/**
 * Reads how a segment begins and ends. Of a large one that was closed only `edge` bytes of both; its signed end says the rest.
 */
export async function readEnds(
  disk: Disk,
  segment: number,
  check: SignatureCheck,
  edge = EDGE_BYTES,
): Promise<SegmentEnds> {
  const size = await disk.size(segmentName(segment));
  const closed = size > 2 * edge ? await readClosed(disk, segment, check, size, edge) : undefined;
  if (closed !== undefined) return { acknowledged: closed, torn: undefined };
  const text = await readSegment(disk, segment);
  const open = openingOf(text.lines);
  const last = open === undefined ? -1 : lastSigned(text.lines, open, check);
  const kept = text.lines.slice(0, last + 1);
  return {
    torn: tornBehind(text, kept.at(-1)),
    acknowledged: open === undefined || last < 0 ? undefined : describe(open, kept),
  };
}

const openingOf = ([first]: readonly ReadLine[]): SegmentOpen | undefined =>
  first?.offset === 0 && first.record.kind === LOG_KINDS.open ? asOpen(first.record.body) : undefined;

const isSigned = (line: ReadLine, { key, log }: SegmentOpen, check: SignatureCheck): boolean =>
  line.signature !== '' && line.intact && check.holds(key, recordStatement(log, line.json), line.signature);

function lastSigned(lines: readonly ReadLine[], open: SegmentOpen, check: SignatureCheck): number {
  return lines.findLastIndex((line) => isSigned(line, open, check));
}

async function readClosed(
  disk: Disk,
  segment: number,
  check: SignatureCheck,
  size: number,
  edge: number,
): Promise<Acknowledged | undefined> {
  const head = parseSegment(segment, await disk.read(segmentName(segment), 0, edge)).lines;
  const open = openingOf(head);
  const tail = parseSegment(segment, await disk.read(segmentName(segment), size - edge)).lines.slice(-2);
  const last = tail.at(-1);
  // Of the second record it must be known whether it is one of pruning.
  if (open === undefined || head.length < 2 || last === undefined || last.offset + last.length !== edge)
    return undefined;
  if (last.record.kind !== LOG_KINDS.close || !isSigned(last, open, check)) return undefined;
  const [rotation] = tail;
  if (rotation?.record.kind !== LOG_KINDS.rotate || !isSigned(rotation, open, check)) return undefined;
  return describe(open, [...head.slice(0, 2), ...tail]);
}

/** `lines`: all of the acknowledged part, or of a closed one its first two and last two. */
function describe(open: SegmentOpen, lines: readonly ReadLine[]): Acknowledged | undefined {
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const rotation = lastOf(lines, LOG_KINDS.rotate);
  const close = asClose(lastOf(lines, LOG_KINDS.close)?.record.body);
  const pruned = asPruned(lastOf(lines, LOG_KINDS.pruned)?.record.body);
  return {
    ...{ open, first, last, rotation },
    key: asRotate(rotation?.record.body)?.to ?? open.key,
    records: close?.records ?? lines.length,
    root: close?.root ?? merkleRoot(lines.map(({ hash }) => hash)),
    pruned: pruned?.total ?? open.pruned,
  };
}

const lastOf = (lines: readonly ReadLine[], kind: string): ReadLine | undefined =>
  lines.findLast(({ record }) => record.kind === kind);

/** What a segment holds behind one of its lines, or behind nothing. */
function tornBehind({ segment, bytes, lines }: SegmentText, last: ReadLine | undefined): Torn | undefined {
  const offset = last === undefined ? 0 : last.offset + last.length;
  const rest = bytes.subarray(offset);
  if (rest.length === 0) return undefined;
  const records = lines.filter((each) => each.offset >= offset).length;
  return { segment, offset, bytes: rest.length, sha256: sha256(rest), records };
}
