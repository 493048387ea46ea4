import type { AnchorBody } from '../kinds.js';
import type { TimeAuthority } from './authority.js';

/** The last record of a segment. */
export interface SegmentEnd {
  readonly segment: number;
  readonly seq: number;
  /** SHA-256 of its text, hexadecimal. */
  readonly digest: string;
}

/** Has the ends of segments stamped by an authority elsewhere, the newest first; while it cannot be reached, again and again. */
export class Anchoring {
  readonly #authority: TimeAuthority;
  readonly #record: (body: AnchorBody) => void;
  readonly #say: (message: string) => void;
  #waiting: SegmentEnd | undefined;
  #isAsking = false;
  #problem = '';

  constructor(authority: TimeAuthority, record: (body: AnchorBody) => void, say: (message: string) => void) {
    this.#authority = authority;
    this.#record = record;
    this.#say = say;
  }

  /** One that was not stamped yet is given up: the chain of this one covers it. */
  ended(end: SegmentEnd): void {
    this.#waiting = end;
    void this.again();
  }

  /** Asks for what is not stamped yet. Never rejects. */
  async again(): Promise<void> {
    const end = this.#waiting;
    if (end === undefined || this.#isAsking) return;
    this.#isAsking = true;
    try {
      const { token, time, serial } = await this.#authority.stamp(Buffer.from(end.digest, 'hex'));
      this.#record({
        authority: this.#authority.name,
        ...end,
        time,
        serial,
        token: token.toString('base64'),
      });
      this.#problem = '';
      if (this.#waiting === end) this.#waiting = undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) this.#say(`${problem}; it is asked again every minute`);
      this.#problem = problem;
    } finally {
      this.#isAsking = false;
    }
  }
}
