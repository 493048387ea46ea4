import { setTimeout as sleep } from 'node:timers/promises';
import type { Disk } from '../disk.js';
import { errnoOf } from '../folder-disk.js';
import { parseSegment, segmentName, segmentNumbers } from '../segment.js';
import { type Found, readRecords, signedEnd } from './reader.js';

const LOOK_AGAIN_MS = 300;

/** Acknowledged records from a number on, as they come, until the signal. Of what it has read nothing is read again. */
export async function* followRecords(
  disk: Disk,
  fromSeq: number,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  let place: { readonly segment: number; readonly offset: number; readonly log: string } | undefined;
  for await (const found of readRecords(disk, { fromSeq })) {
    yield found;
    place = { segment: found.segment, offset: found.offset + found.length, log: found.log };
  }
  while (!signal.aborted) {
    const { segment, offset, log } = place ?? (await newest(disk));
    // Looked for before the rest is read: a segment that has a successor gets no more.
    const successor = (await segmentNumbers(disk)).find((each) => each > segment);
    const { lines } = parseSegment(segment, await readFrom(disk, segment, offset));
    const end = signedEnd(lines);
    for (const line of lines)
      if (line.offset < end && line.record.seq >= fromSeq)
        yield { ...line, segment, offset: offset + line.offset, log };
    place = { segment, offset: offset + end, log };
    if (successor !== undefined) place = { segment: successor, offset: 0, log };
    else await sleep(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function newest(disk: Disk) {
  return { segment: (await segmentNumbers(disk)).at(-1) ?? 0, offset: 0, log: '' };
}

/** Nothing of a segment that is not there, or not any more. */
async function readFrom(disk: Disk, segment: number, offset: number): Promise<Buffer> {
  try {
    return await disk.read(segmentName(segment), offset);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
