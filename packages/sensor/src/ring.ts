import { mapShared } from '@runward/native';
import type { Journal, RecordPlace } from '@runward/tracker';
import { SensorError } from './error.js';
import { Run } from './run.js';

const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
const HEADER = 8;
const PAGE = 4096;
/** RW_MAX_RECORD of bpf/include/events.h. */
const MAX_RECORD = 32_768;

export type RecordHandler = (place: RecordPlace, offset: number, length: number) => void;

const placeOf = (buffer: ArrayBuffer, offset: number, length: number): RecordPlace => ({
  data: new DataView(buffer, offset, length),
  bytes: new Uint8Array(buffer, offset, length),
});

/**
 * Reads a BPF ring buffer in place (kernel/bpf/ringbuf.c). The kernel offers the data pages twice in a row, so
 * that no record wraps; they are mapped once here, because each mapped page counts as resident memory, and the
 * rare record that runs over the end is put together in a buffer. One reader only.
 */
export class RingReader {
  readonly #ring: RecordPlace;
  readonly #joined: RecordPlace = placeOf(new ArrayBuffer(MAX_RECORD), 0, MAX_RECORD);
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #words: Int32Array;
  readonly #mask: number;
  readonly #run: Run | undefined;
  #position: number;

  /** What `journal` wants is written there before it is given back. */
  constructor(mapFd: number, size: number, journal?: Journal) {
    const consumer = mapShared(mapFd, PAGE, 0, true);
    const rest = mapShared(mapFd, PAGE + size, PAGE, false);
    if (consumer === undefined || rest === undefined) {
      throw new SensorError('SENSOR_RING_FAILED', 'the ring buffer cannot be mapped', {
        help: 'memory may be short; try a smaller --ring-size',
      });
    }
    this.#consumer = new BigUint64Array(consumer, 0, 1);
    this.#producer = new BigUint64Array(rest, 0, 1);
    this.#ring = placeOf(rest, PAGE, size);
    this.#run = journal === undefined ? undefined : new Run(journal, this.#ring.bytes);
    this.#words = new Int32Array(rest, PAGE, size / 4);
    this.#mask = size - 1;
    this.#position = Number(Atomics.load(this.#consumer, 0));
  }

  /** Bytes waiting to be read. */
  get backlog(): number {
    return Number(Atomics.load(this.#producer, 0)) - this.#position;
  }

  #hand(handle: RecordHandler, at: number, length: number): void {
    const size = this.#mask + 1;
    if (at + length <= size) {
      handle(this.#ring, at, length);
      return;
    }
    const start = at & this.#mask;
    const first = Math.min(length, size - start, MAX_RECORD);
    const { bytes } = this.#joined;
    bytes.set(this.#ring.bytes.subarray(start, start + first));
    bytes.set(this.#ring.bytes.subarray(0, Math.min(length, MAX_RECORD) - first), first);
    handle(this.#joined, 0, Math.min(length, MAX_RECORD));
  }

  /**
   * Hands up to `limit` finished records to `handle` and frees them; returns how many. Stops early at a
   * record the kernel has not finished.
   */
  drain(handle: RecordHandler, limit: number): number {
    const run = this.#run;
    const end = Number(Atomics.load(this.#producer, 0));
    let position = this.#position;
    let count = 0;
    while (position < end && count < limit) {
      const at = position & this.#mask;
      const head = Atomics.load(this.#words, at >>> 2);
      if ((head & BUSY) !== 0) break;
      const length = head & LENGTH;
      const next = position + ((length + HEADER + 7) & ~7);
      if ((head & DISCARD) === 0) {
        this.#hand(handle, at + HEADER, length);
        count += 1;
        run?.handled(position, next);
      }
      position = next;
      // Give space back as we go, not only at the end: a burst must not fill the ring behind a long batch.
      if ((count & 63) === 0) {
        run?.write();
        Atomics.store(this.#consumer, 0, BigInt(position));
      }
    }
    run?.write();
    if (position !== this.#position) {
      this.#position = position;
      Atomics.store(this.#consumer, 0, BigInt(position));
    }
    return count;
  }
}
