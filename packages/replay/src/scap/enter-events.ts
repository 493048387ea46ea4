import { ScapEvent } from './scap-event.js';

const MAX_WAITING = 65_536;
const MAX_BYTES = 64 * 1024 * 1024;

interface Waiting {
  readonly event: ScapEvent;
  bytes: Buffer;
}

/** Enter events are mostly this small; their buffers are used again. */
const USUAL_BYTES = 512;
const MAX_FREE = 256;

/**
 * Enter events that wait for their exit, one per thread. Bounded: when there are too many, the oldest are forgotten,
 * and counted.
 */
export class EnterEvents {
  readonly #byThread = new Map<number, Waiting>();
  readonly #free: Waiting[] = [];
  #bytes = 0;
  forgotten = 0;

  /** Keeps a copy of the block until the exit event of this thread takes it. */
  put(
    tid: number,
    bytes: Buffer,
    start: number,
    end: number,
    shape: { readonly version: number; readonly flags?: true; readonly large?: true },
  ): void {
    this.#drop(tid);
    const length = end - start;
    const waiting = this.#free.pop() ?? { event: new ScapEvent(), bytes: Buffer.alloc(USUAL_BYTES) };
    if (waiting.bytes.length < length) waiting.bytes = Buffer.alloc(length);
    bytes.copy(waiting.bytes, 0, start, end);
    waiting.event.attach(waiting.bytes, 0, length, shape);
    this.#byThread.set(tid, waiting);
    this.#bytes += waiting.bytes.length;
    while (this.#byThread.size > MAX_WAITING || this.#bytes > MAX_BYTES) {
      const oldest = this.#byThread.keys().next().value;
      if (oldest === undefined) return;
      this.#drop(oldest);
      this.forgotten += 1;
    }
  }

  /** The enter event that belongs to this exit event, if it was captured; valid until the next {@link put}. */
  take(tid: number, exitType: number): ScapEvent | undefined {
    const waiting = this.#byThread.get(tid);
    if (waiting === undefined) return undefined;
    this.#drop(tid);
    return waiting.event.type === exitType - 1 ? waiting.event : undefined;
  }

  #drop(tid: number): void {
    const waiting = this.#byThread.get(tid);
    if (waiting === undefined) return;
    this.#byThread.delete(tid);
    this.#bytes -= waiting.bytes.length;
    if (waiting.bytes.length === USUAL_BYTES && this.#free.length < MAX_FREE) this.#free.push(waiting);
  }

  clear(): void {
    this.#byThread.clear();
    this.#bytes = 0;
  }
}
