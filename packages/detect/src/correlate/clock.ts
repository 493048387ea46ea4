/** An event this much older than the newest one is no late event: another recording began, or a clock was set. */
const STEP_BACK_NS = 120e9;

/**
 * Event time that never goes backwards. Events of a container whose identity had to be awaited come late: they
 * count as happening now, which moves them by no more than that wait.
 */
export class EventClock {
  /** Nanoseconds since the first event. */
  now = 0;
  #base: bigint | undefined;

  /** Takes the time of the next event; false when time made a step back and everything remembered is void. */
  advance(timeNs: bigint): boolean {
    this.#base ??= timeNs;
    const at = Number(timeNs - this.#base);
    if (at >= this.now) {
      this.now = at;
      return true;
    }
    if (this.now - at <= STEP_BACK_NS) return true;
    this.now = at;
    return false;
  }

  /** Nanoseconds since the Unix epoch of a time of this clock. */
  toEpoch(at: number): bigint {
    return (this.#base ?? 0n) + BigInt(Math.round(at));
  }
}
