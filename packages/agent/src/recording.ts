import type { EvidenceError, FlightBounds, SegmentPlace, WriterProgress } from '@runward/evidence';
import { FlightFolder, type RawBlock, type RecordingHeader, RecordingWriter } from '@runward/evidence';

/** Where a recording goes: one file, or a folder in which only the newest segments stay. */
export type RecordingTarget =
  | { readonly kind: 'file'; readonly path: string; readonly force: boolean }
  | ({ readonly kind: 'flight'; readonly folder: string } & FlightBounds);

export interface RecordingHandlers {
  readonly onRecordingProgress?: (progress: WriterProgress) => void;
  /** The recording cannot be written. A flight recorder tries again with its next segment. */
  readonly onRecordingProblem?: (problem: EvidenceError) => void;
}

/** What a recording came to. */
export interface RecordingReport extends WriterProgress {
  /** Blocks thrown away because they could not be written. */
  readonly blocksThrownAway: number;
}

/** The main thread's side of a recording: blocks come from the sensor's thread, are compressed and written. */
export class RecordingSession {
  readonly #writer: RecordingWriter;
  readonly #flight: FlightFolder | undefined;
  readonly #beginSegment: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isAsked = false;

  /** `beginSegment` asks the sensor's thread for a new segment. */
  constructor(
    target: RecordingTarget,
    recordingId: string,
    handlers: RecordingHandlers,
    beginSegment: () => void,
  ) {
    this.#flight =
      target.kind === 'flight' ? new FlightFolder(target.folder, recordingId, target) : undefined;
    this.#beginSegment = beginSegment;
    const place: SegmentPlace =
      this.#flight ??
      (target.kind === 'file' ? { pathOf: () => target } : { pathOf: () => ({ path: '', force: false }) });
    this.#writer = new RecordingWriter({
      place,
      onProgress: (progress) => {
        handlers.onRecordingProgress?.(progress);
        if (this.#flight !== undefined && progress.segmentBytes >= this.#flight.segmentBytes) this.#ask();
      },
      onProblem: (problem) => handlers.onRecordingProblem?.(problem),
    });
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#beginSegment();
  }

  setHeader(header: RecordingHeader): void {
    this.#writer.setHeader(header);
    if (this.#flight === undefined || this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#ask(), this.#flight.segmentMs);
    this.#timer.unref();
  }

  /** Resolves when the block's buffer may be used again. */
  async write(block: RawBlock): Promise<void> {
    await this.#writer.write(block);
    if (block.startsSegment) this.#isAsked = false;
  }

  async close(): Promise<RecordingReport> {
    clearInterval(this.#timer);
    await this.#writer.close();
    return { ...this.#writer.progress, blocksThrownAway: this.#writer.thrownAway };
  }
}
