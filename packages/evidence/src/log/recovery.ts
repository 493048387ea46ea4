import type { PrunedTotal, SegmentOpen, Torn } from './bodies.js';
import type { Disk } from './disk.js';
import type { SignatureCheck } from './keys.js';
import { sha256 } from './record.js';
import { segmentNumbers } from './segment.js';
import { readEnds } from './segment-ends.js';

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
 * there is no log. `edge`: see {@link readEnds}.
 */
export async function findEnd(disk: Disk, check: SignatureCheck, edge?: number): Promise<LogEnd | undefined> {
  const numbers = await segmentNumbers(disk);
  const newest = numbers.at(-1) ?? 0;
  const torn: Torn[] = [];
  for (const segment of numbers.toReversed()) {
    const { torn: behind, acknowledged } = await readEnds(disk, segment, check, edge);
    if (behind !== undefined) torn.unshift(behind);
    if (acknowledged === undefined) continue;
    const { open, last, key, records, root, pruned } = acknowledged;
    const { seq, time } = last.record;
    return {
      ...{ log: open.log, segment: newest, seq, time, hash: last.hash, digest: sha256(last.json) },
      ...{ key, torn, pruned, previous: { segment, records, root } },
    };
  }
  return undefined;
}
