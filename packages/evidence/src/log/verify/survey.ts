import { asOpen, type SegmentOpen, type Torn } from '../bodies.js';
import type { Disk } from '../disk.js';
import { errnoOf } from '../folder-disk.js';
import { parseSegment, segmentName } from '../segment.js';
import { EDGE_BYTES } from '../segment-ends.js';

export interface Surveyed {
  readonly segment: number;
  readonly open: SegmentOpen | undefined;
  readonly seq: number | undefined;
  readonly timeMs: number | undefined;
}

/** The first record of every segment, before any is read whole; without those that were pruned meanwhile. */
export async function survey(disk: Disk, segments: readonly number[]): Promise<readonly Surveyed[]> {
  const found = await Promise.all(
    segments.map(async (segment): Promise<Surveyed | undefined> => {
      const bytes = await readEdge(disk, segment);
      if (bytes === undefined) return undefined;
      const [first] = parseSegment(segment, bytes).lines;
      const record = first?.offset === 0 ? first.record : undefined;
      const timeMs = record === undefined ? undefined : Date.parse(record.time);
      // What was changed says nothing; that it was is found when the segment is read.
      const open = first?.intact === true ? asOpen(record?.body) : undefined;
      return { segment, open, seq: record?.seq, timeMs };
    }),
  );
  return found.filter((each) => each !== undefined);
}

async function readEdge(disk: Disk, segment: number): Promise<Buffer | undefined> {
  try {
    return await disk.read(segmentName(segment), 0, EDGE_BYTES);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What crashes left behind, by the segment it is in, as the segments after them say. */
export const tornParts = (surveyed: readonly Surveyed[]): ReadonlyMap<number, Torn> =>
  new Map(surveyed.flatMap(({ open }) => open?.torn ?? []).map((torn) => [torn.segment, torn]));

/** The last lines of a segment, where its key passes on. */
export async function lastLines(disk: Disk, segment: number) {
  const size = await disk.size(segmentName(segment));
  const bytes = await disk.read(segmentName(segment), Math.max(0, size - EDGE_BYTES));
  return parseSegment(segment, bytes).lines;
}
