import type { Journal } from '@runward/tracker';

/**
 * A run of neighbouring records in the ring that were handled and are to be written to a journal. They go there
 * together, in one copy, before their place is given back to the kernel.
 */
export class Run {
  readonly #journal: Journal;
  readonly #ring: Uint8Array<ArrayBuffer>;
  #from = 0;
  #to = 0;
  #count = 0;

  constructor(journal: Journal, ring: Uint8Array<ArrayBuffer>) {
    this.#journal = journal;
    this.#ring = ring;
  }

  /** The record from `start` to `end`, positions in all that ever went through the ring, was handled. */
  handled(start: number, end: number): void {
    if (!this.#journal.wants()) {
      this.write();
      this.#journal.omitted();
      return;
    }
    if (start !== this.#to) this.write(); // what lies between was discarded, or not wanted
    if (this.#count === 0) this.#from = start;
    this.#to = end;
    this.#count += 1;
  }

  write(): void {
    if (this.#count === 0) return;
    const from = this.#from % this.#ring.length;
    this.#journal.records(this.#ring, from, from + this.#to - this.#from, this.#count);
    this.#count = 0;
  }
}
