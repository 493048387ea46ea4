import { EvidenceError } from '../error.js';
import type { SegmentHeader } from './header.js';
import type { RawBlock } from './recorder.js';
import { compressBlock, SegmentWriter } from './segment-writer.js';

/** What the segments of a recording have in common. */
export type RecordingHeader = Omit<SegmentHeader, 'segment' | 'startedAt'>;

/** Where segments go. */
export interface SegmentPlace {
  /** Path of the segment with this number; `force` to replace what is there. */
  readonly pathOf: (segment: number) => { readonly path: string; readonly force: boolean };
  /** A segment was finished; resolves when what is too much has been removed. */
  readonly finished?: () => Promise<void>;
}

export interface WriterProgress {
  /** Bytes in the segment being written, and in all of this recording. */
  readonly segmentBytes: number;
  readonly totalBytes: number;
  readonly records: number;
}

export interface RecordingWriterOptions {
  readonly place: SegmentPlace;
  readonly onProgress?: (progress: WriterProgress) => void;
  /** Writing failed: blocks are thrown away until the next segment begins. */
  readonly onProblem: (problem: EvidenceError) => void;
}

/**
 * Writes the blocks of a recorder to files, in their order, while they are compressed side by side on the thread
 * pool. Never throws: a full disk must not take the agent with it.
 */
export class RecordingWriter {
  readonly #options: RecordingWriterOptions;
  #segment: SegmentWriter | undefined;
  #header: RecordingHeader | undefined;
  #segments = 0;
  #closedBytes = 0;
  #records = 0;
  #thrownAway = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(options: RecordingWriterOptions) {
    this.#options = options;
  }

  /** What the segments that begin from now on say of themselves. */
  setHeader(header: RecordingHeader): void {
    this.#header = header;
  }

  /** Blocks that could not be written. */
  get thrownAway(): number {
    return this.#thrownAway;
  }
  get progress(): WriterProgress {
    const segmentBytes = this.#segment?.bytes ?? 0;
    return { segmentBytes, totalBytes: this.#closedBytes + segmentBytes, records: this.#records };
  }

  /** Resolves when the block is written or given up, and its buffer may be used again. */
  write(block: RawBlock): Promise<void> {
    const header = this.#header;
    const compressed = compressBlock(block);
    compressed.catch(() => undefined); // awaited below, behind the blocks before it
    const done = this.#last.then(() => this.#store(block, header, compressed));
    this.#last = done;
    return done;
  }

  async #store(
    block: RawBlock,
    header: RecordingHeader | undefined,
    compressed: Promise<Uint8Array>,
  ): Promise<void> {
    try {
      const bytes = await compressed;
      if (block.startsSegment && header !== undefined) await this.#beginSegment(header);
      if (this.#segment === undefined) {
        this.#thrownAway += 1;
        return;
      }
      await this.#segment.write({ ...block, bytes });
      this.#records += block.records;
      this.#options.onProgress?.(this.progress);
    } catch (problem) {
      this.#thrownAway += 1;
      await this.#endSegment();
      this.#options.onProblem(
        problem instanceof EvidenceError
          ? problem
          : new EvidenceError(
              'RECORDING_WRITE_FAILED',
              `the recording cannot be written: ${String(problem)}`,
            ),
      );
    }
  }

  async #beginSegment(parts: RecordingHeader): Promise<void> {
    await this.#endSegment();
    const segment = this.#segments;
    this.#segments += 1;
    const { path, force } = this.#options.place.pathOf(segment);
    const header = { ...parts, segment, startedAt: new Date().toISOString() };
    this.#segment = await SegmentWriter.create(path, header, force);
    await this.#options.place.finished?.();
  }

  async #endSegment(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    this.#segment = undefined;
    this.#closedBytes += segment.bytes;
    await segment.close().catch(() => undefined); // nothing is buffered here: what was written is written
  }

  /** Resolves when everything given so far is written. */
  async close(): Promise<void> {
    await this.#last;
    await this.#endSegment();
  }
}
