import { SensorError } from './error.js';
import { mapShared } from './ffi.js';

const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
const HEADER = 8;
const PAGE = 4096;

/** Called per record: the ring's bytes and where the record starts in them. Valid only during the call. */
export type RecordHandler = (offset: number, length: number) => void;

/**
 * Reads a BPF ring buffer in place (kernel/bpf/ringbuf.c): the data pages are mapped twice in a row, so a
 * record never wraps. One reader only.
 */
export class RingReader {
  readonly data: DataView;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #consumer: BigUint64Array;
  readonly #producer: BigUint64Array;
  readonly #words: Int32Array;
  readonly #mask: number;
  #position: number;

  constructor(mapFd: number, size: number) {
    const consumer = mapShared(mapFd, PAGE, 0, true);
    const rest = mapShared(mapFd, PAGE + 2 * size, PAGE, false);
    if (consumer === undefined || rest === undefined) {
      throw new SensorError('SENSOR_RING_FAILED', 'the ring buffer cannot be mapped', {
        help: 'memory may be short; try a smaller --ring-size',
      });
    }
    this.#consumer = new BigUint64Array(consumer, 0, 1);
    this.#producer = new BigUint64Array(rest, 0, 1);
    this.data = new DataView(rest, PAGE, 2 * size);
    this.bytes = new Uint8Array(rest, PAGE, 2 * size);
    this.#words = new Int32Array(rest, PAGE, size / 2);
    this.#mask = size - 1;
    this.#position = Number(Atomics.load(this.#consumer, 0));
  }

  /** Bytes waiting to be read. */
  get backlog(): number {
    return Number(Atomics.load(this.#producer, 0)) - this.#position;
  }

  /**
   * Hands up to `limit` finished records to `handle` and frees them; returns how many. Stops early at a
   * record the kernel has not finished.
   */
  drain(handle: RecordHandler, limit: number): number {
    const end = Number(Atomics.load(this.#producer, 0));
    let position = this.#position;
    let count = 0;
    while (position < end && count < limit) {
      const at = position & this.#mask;
      const head = Atomics.load(this.#words, at >>> 2);
      if ((head & BUSY) !== 0) break;
      const length = head & LENGTH;
      if ((head & DISCARD) === 0) {
        handle(at + HEADER, length);
        count += 1;
      }
      position += (length + HEADER + 7) & ~7;
      // Give space back as we go, not only at the end: a burst must not fill the ring behind a long batch.
      if ((count & 63) === 0) Atomics.store(this.#consumer, 0, BigInt(position));
    }
    if (position !== this.#position) {
      this.#position = position;
      Atomics.store(this.#consumer, 0, BigInt(position));
    }
    return count;
  }
}
