import { createHash } from 'node:crypto';
import type { LogPruned, PrunedSegment, PrunedTotal } from './bodies.js';
import type { Disk } from './disk.js';
import { errnoOf } from './folder-disk.js';
import { SignatureCheck } from './keys.js';
import type { LogLimits } from './options.js';
import { lineText, NO_RECORD } from './record.js';
import { KEYS_FILE, segmentName, segmentNumbers } from './segment.js';
import { readEnds } from './segment-ends.js';

export interface Going {
  readonly entry: PrunedSegment;
  readonly records: number;
  /** How its key passed on, as the segment says it; '' where it did not. */
  readonly rotation: string;
}

const NOTHING_GONE: PrunedTotal = {
  ...{ segments: 0, records: 0, segment: 0, through: 0 },
  ...{ hash: NO_RECORD, accumulated: NO_RECORD },
};

/** Which segments make room, and what stays of them. */
export class Retention {
  readonly #disk: Disk;
  readonly #limits: LogLimits;

  constructor(disk: Disk, limits: LogLimits) {
    this.#disk = disk;
    this.#limits = limits;
  }

  /** The oldest segments that are to go while `current` is written; undefined when there are none. */
  async due(
    current: number,
    nowMs: number,
  ): Promise<{ readonly why: LogPruned['why']; readonly segments: readonly Going[] } | undefined> {
    const older = (await segmentNumbers(this.#disk)).filter((segment) => segment < current);
    const sizes = await Promise.all(older.map((segment) => this.#disk.size(segmentName(segment))));
    let bytes = sizes.reduce((sum, size) => sum + size, 0);
    // The one being written may still grow to its full size.
    const room = this.#limits.keptBytes - this.#limits.segmentBytes;
    const segments: Going[] = [];
    let why: LogPruned['why'] | undefined;
    for (const [i, segment] of older.entries()) {
      const isTooMuch = bytes > room;
      const going = await this.#examine(segment);
      const isOld = going !== undefined && nowMs - Date.parse(going.entry.lastTime) > this.#limits.keptMs;
      if (!isTooMuch && !isOld) break;
      why ??= isTooMuch ? 'size' : 'age';
      // One without a single acknowledged record goes with those after it.
      if (going !== undefined) segments.push(going);
      bytes -= sizes[i] ?? 0;
    }
    return why === undefined || segments.length === 0 ? undefined : { why, segments };
  }

  async #examine(segment: number): Promise<Going | undefined> {
    const { acknowledged } = await readEnds(this.#disk, segment, new SignatureCheck());
    if (acknowledged === undefined) return undefined;
    const { first, last, root, rotation } = acknowledged;
    return {
      entry: {
        ...{ segment, first: first.record.seq, last: last.record.seq },
        ...{ firstTime: first.record.time, lastTime: last.record.time },
        ...{ root, hash: last.hash },
      },
      records: last.record.seq - first.record.seq + 1,
      rotation: rotation === undefined ? '' : lineText(rotation),
    };
  }

  totalOf(before: PrunedTotal | undefined, gone: readonly Going[]): PrunedTotal {
    return gone.reduce(
      (sum, { entry, records }) => ({
        segments: sum.segments + 1,
        records: sum.records + records,
        ...{ segment: entry.segment, through: entry.last, hash: entry.hash },
        accumulated: accumulate(sum.accumulated, entry.root),
      }),
      before ?? NOTHING_GONE,
    );
  }

  /** Without how keys passed on, an early public key could not be followed to what is left. */
  async keepKeys(gone: readonly Going[]): Promise<void> {
    const there = await this.#disk.read(KEYS_FILE).then(
      (bytes) => bytes.toString('utf8'),
      (error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return '';
        throw error;
      },
    );
    const fresh = gone.map(({ rotation }) => rotation).filter((line) => !there.includes(line));
    if (fresh.length > 0) await this.#disk.put(KEYS_FILE, Buffer.from(there + fresh.join('')));
  }

  /** Removes what is written down as pruned. */
  async finish(total: PrunedTotal | undefined): Promise<void> {
    if (total === undefined) return;
    for (const segment of await segmentNumbers(this.#disk))
      if (segment <= total.segment) await this.#disk.remove(segmentName(segment));
  }
}

/** Both hexadecimal. */
export const accumulate = (before: string, root: string): string =>
  createHash('sha256').update(Buffer.from(before, 'hex')).update(Buffer.from(root, 'hex')).digest('hex');
