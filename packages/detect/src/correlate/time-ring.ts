/** The times of the last events of a group, oldest first; grows up to what the threshold needs. */
export class TimeRing {
  #times = new Float64Array(4);
  #head = 0;
  length = 0;

  get oldest(): number {
    return this.#times[this.#head] ?? 0;
  }

  get bytes(): number {
    return this.#times.byteLength;
  }

  push(time: number): void {
    if (this.length === this.#times.length) this.#grow();
    this.#times[(this.#head + this.length) % this.#times.length] = time;
    this.length += 1;
  }

  /** Drops what is not younger than `limit`. */
  dropUntil(limit: number): void {
    while (this.length > 0 && this.oldest <= limit) {
      this.#head = (this.#head + 1) % this.#times.length;
      this.length -= 1;
    }
  }

  clear(): void {
    this.#times = new Float64Array(4);
    this.#head = 0;
    this.length = 0;
  }

  #grow(): void {
    const grown = new Float64Array(this.#times.length * 2);
    for (let i = 0; i < this.length; i++) grown[i] = this.#times[(this.#head + i) % this.#times.length] ?? 0;
    this.#times = grown;
    this.#head = 0;
  }
}
