import { asOpen, type SegmentOpen, type Torn } from '../bodies.js';
import type { Disk } from '../disk.js';
import { errnoOf } from '../folder-disk.js';
import type { ReadLine } from '../record.js';
import { parseSegment, segmentName } from '../segment.js';
import { EDGE_BYTES } from '../segment-ends.js';

/** What the first record of a segment has, and its last two, as a rule. */
const LINE_BYTES = 16 * 1024;

export interface Surveyed {
  readonly segment: number;
  readonly open: SegmentOpen | undefined;
  readonly seq: number | undefined;
  readonly timeMs: number | undefined;
}

/** The first record of every segment, before any is read whole; without those that were pruned meanwhile. */
export async function survey(disk: Disk, segments: readonly number[]): Promise<readonly Surveyed[]> {
  const found: Surveyed[] = [];
  // One after the other: a log of years has more segments than a process may have open files.
  for (const segment of segments) {
    const lines = await unlessGone(firstLines(disk, segment));
    if (lines !== undefined) found.push(describe(segment, lines[0]));
  }
  return found;
}

function describe(segment: number, first: ReadLine | undefined): Surveyed {
  const record = first?.offset === 0 ? first.record : undefined;
  const timeMs = record === undefined ? undefined : Date.parse(record.time);
  // What was changed says nothing; that it was is found when the segment is read.
  const open = first?.intact === true ? asOpen(record?.body) : undefined;
  return { segment, open, seq: record?.seq, timeMs };
}

/** What crashes left behind, by the segment it is in, as the segments after them say. */
export const tornParts = (surveyed: readonly Surveyed[]): ReadonlyMap<number, Torn> =>
  new Map(surveyed.flatMap(({ open }) => open?.torn ?? []).map((torn) => [torn.segment, torn]));

async function firstLines(disk: Disk, segment: number): Promise<readonly ReadLine[]> {
  for (const bytes of [LINE_BYTES, EDGE_BYTES]) {
    const { lines } = parseSegment(segment, await disk.read(segmentName(segment), 0, bytes));
    if (lines.length > 0) return lines;
  }
  return [];
}

/** The last lines of a segment, where its key passes on. */
export async function lastLines(disk: Disk, segment: number): Promise<readonly ReadLine[]> {
  const size = await disk.size(segmentName(segment));
  for (const bytes of [LINE_BYTES, EDGE_BYTES]) {
    const { lines } = parseSegment(segment, await disk.read(segmentName(segment), Math.max(0, size - bytes)));
    if (lines.length > 1) return lines;
  }
  return [];
}

/** undefined of what is not there any more. */
export async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
