/** Items under way from one worker: beyond it the worker waits, so that memory stays bounded. */
const MAX_IN_FLIGHT = 4096;
const IN_FLIGHT = 0;
const STOP = 1;

/** Two words shared by the thread that replays and the one that takes what it finds. */
export class Control {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(buffer = new SharedArrayBuffer(8)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  stop(): void {
    Atomics.store(this.#words, STOP, 1);
    Atomics.notify(this.#words, IN_FLIGHT);
  }

  /** On the replaying thread, before posting. */
  add(count: number): void {
    Atomics.add(this.#words, IN_FLIGHT, count);
  }

  /** On the replaying thread: waits until enough was taken, or all is to end. */
  waitForRoom(): void {
    for (;;) {
      const inFlight = Atomics.load(this.#words, IN_FLIGHT);
      if (inFlight < MAX_IN_FLIGHT || this.stopped) return;
      Atomics.wait(this.#words, IN_FLIGHT, inFlight, 1000);
    }
  }

  /** On the taking thread. */
  take(count: number): void {
    Atomics.sub(this.#words, IN_FLIGHT, count);
    Atomics.notify(this.#words, IN_FLIGHT);
  }
}
