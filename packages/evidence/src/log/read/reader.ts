import type { Disk } from '../disk.js';
import type { ReadLine } from '../record.js';
import { readSegment, segmentNumbers } from '../segment.js';
import { type Surveyed, survey, tornParts, unlessGone } from '../verify/survey.js';

/** A record with where it is. */
export interface Found extends ReadLine {
  readonly segment: number;
  readonly log: string;
}

export interface ReadBounds {
  /** Not before this record. */
  readonly fromSeq?: number | undefined;
  /** Not before this time, milliseconds. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

/**
 * The acknowledged records of a log in order, also while it is written. Only reads: whether they are what was written is for
 * verification to say.
 */
export async function* readRecords(disk: Disk, bounds: ReadBounds = {}): AsyncGenerator<Found> {
  const surveyed = await survey(disk, await segmentNumbers(disk));
  const torn = tornParts(surveyed);
  const log = surveyed.find(({ open }) => open !== undefined)?.open?.log ?? '';
  for (const [i, { segment }] of surveyed.entries()) {
    if (isBefore(surveyed[i + 1], bounds)) continue;
    const isLast = i === surveyed.length - 1;
    const text = await unlessGone(readSegment(disk, segment));
    if (text === undefined) continue;
    const { lines, bytes } = text;
    const limit = torn.get(segment)?.offset ?? (isLast ? signedEnd(lines) : bytes.length);
    for (const line of lines)
      if (line.offset < limit && isWithin(line, bounds)) yield { ...line, segment, log };
  }
}

/** What comes after is no older than the segment's own first record, so what lies before that can be left out. */
function isBefore(next: Surveyed | undefined, { fromSeq, sinceMs }: ReadBounds): boolean {
  if (next?.seq === undefined || next.timeMs === undefined) return false;
  if (fromSeq !== undefined && next.seq <= fromSeq) return true;
  return sinceMs !== undefined && next.timeMs < sinceMs;
}

function isWithin({ record }: ReadLine, { fromSeq, sinceMs, untilMs }: ReadBounds): boolean {
  if (fromSeq !== undefined && record.seq < fromSeq) return false;
  const timeMs = Date.parse(record.time);
  return (sinceMs === undefined || timeMs >= sinceMs) && (untilMs === undefined || timeMs < untilMs);
}

/** Where the acknowledged part of a segment ends that is written, bytes. */
export function signedEnd(lines: readonly ReadLine[]): number {
  const last = lines.findLast(({ signature }) => signature !== '');
  return last === undefined ? 0 : last.offset + last.length;
}
