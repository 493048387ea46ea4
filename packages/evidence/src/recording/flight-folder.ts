import { mkdirSync } from 'node:fs';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SegmentPlace } from './recording-writer.js';
import { writeError } from './segment-writer.js';

/** Ours, and nothing else in that folder, is ever removed: time of the start, recording, number. */
const NAME = /^flight-\d{8}T\d{6}Z-[0-9a-f]{8}-\d{5,}\.rwrec$/;

export interface FlightBounds {
  readonly maxAgeMs: number;
  /** Bytes of all segments together, the one being written included. */
  readonly maxBytes: number;
}

/** A segment is one part in this many of what is kept: so much is removed at once. */
const PARTS = 8;
const MIN_SEGMENT_MS = 1000;

/**
 * The folder of a flight recorder: the newest segments of this and earlier runs, within bounds of time and size.
 */
export class FlightFolder implements SegmentPlace {
  readonly #folder: string;
  readonly #bounds: FlightBounds;
  readonly #prefix: string;

  /** @throws EvidenceError RECORDING_WRITE_FAILED when the folder cannot be made */
  constructor(folder: string, recordingId: string, bounds: FlightBounds, startedAt = new Date()) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw writeError(folder, cause);
    }
    this.#folder = folder;
    this.#bounds = bounds;
    const time = startedAt.toISOString().replace(/[-:]|\.\d+/g, '');
    this.#prefix = `flight-${time}-${recordingId.replaceAll('-', '').slice(0, 8)}`;
  }

  /** When a segment is full. */
  get segmentBytes(): number {
    return Math.floor(this.#bounds.maxBytes / PARTS);
  }
  get segmentMs(): number {
    return Math.max(MIN_SEGMENT_MS, this.#bounds.maxAgeMs / PARTS);
  }

  pathOf(segment: number): { readonly path: string; readonly force: boolean } {
    return {
      path: join(this.#folder, `${this.#prefix}-${String(segment).padStart(5, '0')}.rwrec`),
      force: false,
    };
  }

  /** Removes the oldest until what is left, and a whole segment more, is within the bounds. */
  async finished(nowMs = Date.now()): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => NAME.test(name));
    const found = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        // Whoever else cleans up here may have been faster.
        const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: nowMs }));
        return { path, size, mtimeMs };
      }),
    );
    found.sort((a, b) => b.mtimeMs - a.mtimeMs);
    // The one being written may still grow to its full size, and a little more before it is noticed.
    let room = this.#bounds.maxBytes - 2 * this.segmentBytes;
    for (const { path, size, mtimeMs } of found) {
      room -= size;
      if (room < 0 || nowMs - mtimeMs > this.#bounds.maxAgeMs) await unlink(path).catch(() => undefined);
    }
  }
}
