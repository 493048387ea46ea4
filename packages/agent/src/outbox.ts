import { type Detection, describeEvent, type EventRecord } from '@runward/detect';
import type { RingView } from '@runward/events';
import { post } from './thread-post.js';

/** Items the main thread may be behind before the worker waits for it (and the ring fills, and is counted). */
const MAX_IN_FLIGHT = 20_000;
const POST_BATCH = 256;

/** What the sensor thread has for the main thread, in batches. */
export class Outbox {
  readonly #inFlight: Int32Array<SharedArrayBuffer>;
  #detections: Detection[] = [];
  #events: EventRecord[] = [];

  /** `inFlight`: how many items the main thread has not taken, and whether it asks for no more waiting. */
  constructor(inFlight: Int32Array<SharedArrayBuffer>) {
    this.#inFlight = inFlight;
  }

  readonly detection = (detection: Detection): void => {
    this.#detections.push(detection);
    if (this.#detections.length >= POST_BATCH) this.flush();
  };

  event(view: RingView): void {
    this.#events.push(describeEvent(view));
    if (this.#events.length >= POST_BATCH) this.flush();
  }

  flush(): void {
    const count = this.#detections.length + this.#events.length;
    if (count === 0) return;
    Atomics.add(this.#inFlight, 0, count);
    if (this.#detections.length > 0) post({ kind: 'detections', items: this.#detections });
    if (this.#events.length > 0) post({ kind: 'events', items: this.#events });
    this.#detections = [];
    this.#events = [];
    for (;;) {
      const behind = Atomics.load(this.#inFlight, 0);
      if (behind < MAX_IN_FLIGHT || Atomics.load(this.#inFlight, 1) === 1) return;
      Atomics.wait(this.#inFlight, 0, behind, 20);
    }
  }
}
