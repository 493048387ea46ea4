import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, OutputError } from '../error.js';
import { frame, HEADER_BYTES, readBytes, SegmentFile, scanRecords } from './segment-file.js';

const NAME = /^(\d{12})\.queue$/;
const CURSOR = 'cursor.json';
const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;
const SYNC_MS = 1000;

/** Behind a record. */
interface Position {
  readonly segment: number;
  readonly offset: number;
}

export interface Batch {
  readonly records: readonly Buffer[];
  /** What {@link DiskQueue.acknowledge} takes once they have arrived. */
  readonly end: Position;
}

export interface QueueOptions {
  /** More than this is not kept: what comes then is refused. */
  readonly maxBytes: number;
  /** Damage that was found, and what could not be written. */
  readonly say: (message: string) => void;
  /** Told of records that were there and cannot be read any more. */
  readonly onLost?: (count: number) => void;
}

/**
 * Records that wait to be sent, in order, in files that outlive the process. What was read is read again after a
 * crash unless it was acknowledged: at least once. Bounded; what does not fit is refused, never something older.
 */
export class DiskQueue {
  readonly #folder: string;
  readonly #options: QueueOptions;
  readonly #segmentBytes: number;
  /** Sizes of the segments that are there. */
  readonly #sizes = new Map<number, number>();
  /** Behind what was acknowledged. */
  #cursor: Position = { segment: 0, offset: 0 };
  /** Behind what was handed out. */
  #next: Position = this.#cursor;
  /** Records that wait, by segment. */
  readonly #waiting = new Map<number, number>();
  /** A segment in which nothing is written any more: what follows damage would not be found. */
  #spoilt: number | undefined;
  #file: SegmentFile | undefined;
  #last = 0;
  #more = Promise.withResolvers<void>();
  #sync: NodeJS.Timeout | undefined;
  #isFailing = false;

  private constructor(folder: string, options: QueueOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.max(64 * 1024, Math.floor(options.maxBytes / 8)));
  }

  /** @throws OutputError `OUTPUT_QUEUE_UNUSABLE` */
  static open(folder: string, options: QueueOptions): DiskQueue {
    const queue = new DiskQueue(folder, options);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      queue.#load();
      return queue;
    } catch (cause) {
      throw new OutputError(
        'OUTPUT_QUEUE_UNUSABLE',
        `the queue \`${folder}\` cannot be used: ${messageOf(cause)}`,
        {
          help: 'name a folder this process may write to, on a file system with space',
          cause,
        },
      );
    }
  }

  #path(segment: number): string {
    return join(this.#folder, `${String(segment).padStart(12, '0')}.queue`);
  }

  #load(): void {
    const segments = readdirSync(this.#folder)
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
    this.#cursor = this.#readCursor(segments);
    this.#next = this.#cursor;
    for (const segment of segments) {
      if (segment < this.#cursor.segment) {
        rmSync(this.#path(segment));
        continue;
      }
      const from = segment === this.#cursor.segment ? this.#cursor.offset : 0;
      const { size } = statSync(this.#path(segment));
      const { records, end, torn } = scanRecords(readBytes(this.#path(segment), from, size - from), 0);
      if (torn > 0) this.#options.say(`${torn} bytes of its queue were not whole and are left out`);
      this.#sizes.set(segment, from + end);
      this.#waiting.set(segment, records.length);
      this.#last = segment;
    }
    this.#last = Math.max(this.#last, this.#cursor.segment);
    this.#openLast();
  }

  #readCursor(segments: readonly number[]): Position {
    const first = { segment: segments[0] ?? 1, offset: 0 };
    let text: string;
    try {
      text = readFileSync(join(this.#folder, CURSOR), 'utf8');
    } catch {
      return first;
    }
    const [, segment = '', offset = ''] = /^{"segment":(\d{1,12}),"offset":(\d{1,12})}$/.exec(text) ?? [];
    if (segment === '') {
      this.#options.say('how far its queue was sent is not known any more; all of it is sent again');
      return first;
    }
    const cursor = { segment: Number(segment), offset: Number(offset) };
    const size = segments.includes(cursor.segment) ? statSync(this.#path(cursor.segment)).size : 0;
    return size >= cursor.offset ? cursor : first;
  }

  #openLast(): void {
    this.#file?.close();
    this.#file = new SegmentFile(this.#path(this.#last), this.#sizes.get(this.#last) ?? 0);
    this.#sizes.set(this.#last, this.#file.size);
  }

  /** Records that wait. */
  get count(): number {
    let sum = 0;
    for (const count of this.#waiting.values()) sum += count;
    return sum;
  }

  get bytes(): number {
    let sum = -this.#cursor.offset;
    for (const size of this.#sizes.values()) sum += size;
    return sum;
  }

  /** How many of them were taken: the first ones; fewer when the queue or the disk is full. */
  append(records: readonly Buffer[]): number {
    let taken = 0;
    for (const record of records) {
      const framed = frame(record);
      if (this.bytes + framed.length > this.#options.maxBytes || !this.#write(framed)) break;
      taken += 1;
    }
    if (taken > 0) {
      this.#more.resolve();
      this.#more = Promise.withResolvers();
      this.#sync ??= setTimeout(() => void this.#flush(), SYNC_MS).unref();
    }
    return taken;
  }

  #write(framed: Buffer): boolean {
    try {
      if (this.#file !== undefined && (this.#file.size > this.#segmentBytes || this.#spoilt === this.#last)) {
        this.#last += 1;
        this.#openLast();
      }
      this.#file?.append(framed);
      this.#sizes.set(this.#last, this.#file?.size ?? 0);
      if (this.#file !== undefined) this.#wait(this.#last, 1);
      this.#isFailing = false;
      return this.#file !== undefined;
    } catch (error) {
      if (!this.#isFailing) this.#options.say(`its queue cannot be written: ${messageOf(error)}`);
      this.#isFailing = true;
      return false;
    }
  }

  async #flush(): Promise<void> {
    this.#sync = undefined;
    await this.#file?.sync().catch(() => undefined); // a disk that fails is told of when it is written to
  }

  /** The oldest that were not handed out, in order; undefined when there are none. */
  next(maxRecords: number, maxBytes: number): Batch | undefined {
    const { segment, offset } = this.#next;
    const size = this.#sizes.get(segment) ?? 0;
    if (offset >= size) {
      const following = [...this.#sizes.keys()].find((each) => each > segment);
      if (following === undefined) return undefined;
      this.#next = { segment: following, offset: 0 };
      return this.next(maxRecords, maxBytes);
    }
    const { records, end, torn } = this.#read(segment, offset, size - offset, maxBytes, maxRecords);
    if (records.length > 0) {
      this.#next = { segment, offset: offset + end };
      return { records, end: this.#next };
    }
    this.#leaveOut({ segment, offset }, torn);
    return this.next(maxRecords, maxBytes);
  }

  /** Where one record ends and the next begins is not known behind damage: the rest of its segment is lost. */
  #leaveOut({ segment, offset }: Position, bytes: number): void {
    const from = segment === this.#cursor.segment ? this.#cursor.offset : 0;
    const whole = scanRecords(readBytes(this.#path(segment), from, offset - from), 0).records.length;
    const lost = (this.#waiting.get(segment) ?? 0) - whole;
    this.#waiting.set(segment, whole);
    this.#sizes.set(segment, offset);
    if (segment === this.#last) this.#spoilt = segment;
    this.#options.say(`${bytes} bytes of its queue are damaged and left out, with ${lost} records`);
    this.#options.onLost?.(lost);
  }

  #wait(segment: number, records: number): void {
    this.#waiting.set(segment, (this.#waiting.get(segment) ?? 0) + records);
  }

  /** Whole records of at most `maxBytes` together, or one that is larger. */
  #read(segment: number, offset: number, left: number, maxBytes: number, maxRecords: number) {
    const window = Math.min(left, maxBytes + HEADER_BYTES);
    const found = scanRecords(readBytes(this.#path(segment), offset, window), 0, maxRecords);
    return found.records.length > 0 || window === left
      ? found
      : scanRecords(readBytes(this.#path(segment), offset, left), 0, 1);
  }

  /** What was handed out and not acknowledged is handed out again. */
  rewind(): void {
    this.#next = this.#cursor;
  }

  /** Resolves when something was added. */
  added(): Promise<void> {
    return this.#more.promise;
  }

  /** The records of a batch, and of those before it, have arrived. Batches are acknowledged in their order. */
  acknowledge({ records, end }: Batch): void {
    this.#wait(end.segment, -records.length);
    this.#moveTo(end);
  }

  #moveTo(position: Position): void {
    this.#cursor = position;
    const part = join(this.#folder, `${CURSOR}.part`);
    try {
      writeFileSync(part, JSON.stringify(position), { mode: 0o600 });
      renameSync(part, join(this.#folder, CURSOR));
    } catch (error) {
      this.#options.say(`how far its queue was sent cannot be noted: ${messageOf(error)}`);
    }
    for (const segment of [...this.#sizes.keys()].filter((each) => each < position.segment)) {
      this.#sizes.delete(segment);
      this.#waiting.delete(segment);
      rmSync(this.#path(segment), { force: true });
    }
  }

  close(): void {
    clearTimeout(this.#sync);
    this.#file?.close();
    this.#file = undefined;
  }
}
