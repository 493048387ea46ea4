import { EvidenceError } from '../error.js';
import type { Disk } from './disk.js';
import { parseLine, type ReadLine } from './record.js';

const NAME = /^segment-(\d{8,})\.log$/;

export const CHECKPOINT_FILE = 'checkpoint.json';
/** Of segments that were pruned: how their keys passed on. */
export const KEYS_FILE = 'keys.log';
export const PRIVATE_FOLDER = 'private';

export const segmentName = (segment: number): string => `segment-${String(segment).padStart(8, '0')}.log`;

/** The numbers of the segments there are, ascending. */
export async function segmentNumbers(disk: Disk): Promise<readonly number[]> {
  const numbers = (await disk.list()).map((name) => Number(NAME.exec(name)?.[1]));
  return numbers.filter((n) => Number.isSafeInteger(n)).sort((a, b) => a - b);
}

/** A stretch of a segment that is no line of a log. */
export interface Rubble {
  readonly offset: number;
  readonly length: number;
}

export interface SegmentText {
  readonly segment: number;
  readonly bytes: Buffer;
  readonly lines: readonly ReadLine[];
  readonly rubble: readonly Rubble[];
}

/** Far more than a segment grows to before it is closed. */
const MOST_BYTES = 512 * 1024 * 1024;

/** @throws EvidenceError EVIDENCE_UNREADABLE for what is too large to be a segment */
export async function readSegment(disk: Disk, segment: number): Promise<SegmentText> {
  const size = await disk.size(segmentName(segment));
  if (size > MOST_BYTES)
    throw new EvidenceError(
      'EVIDENCE_UNREADABLE',
      `\`${segmentName(segment)}\` has ${size} bytes: no log writes a segment as large`,
      { help: 'somebody else wrote it: look at what it is, and take it out of the folder' },
    );
  return parseSegment(segment, await disk.read(segmentName(segment)));
}

const LINE_FEED = 10;

export function parseSegment(segment: number, bytes: Buffer): SegmentText {
  const lines: ReadLine[] = [];
  const rubble: Rubble[] = [];
  for (let at = 0; at < bytes.length; ) {
    const feed = bytes.indexOf(LINE_FEED, at);
    const end = feed < 0 ? bytes.length : feed;
    const next = feed < 0 ? end : feed + 1;
    // A line without its line feed was cut short, whatever it says.
    const line = feed < 0 ? undefined : parseLine(bytes.subarray(at, end), at);
    if (line === undefined) rubble.push({ offset: at, length: next - at });
    else lines.push(line);
    at = next;
  }
  return { segment, bytes, lines, rubble };
}
