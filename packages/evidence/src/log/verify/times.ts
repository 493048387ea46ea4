import type { X509Certificate } from 'node:crypto';
import { isTrusted, readToken, type TimeStamp } from '../anchor/token.js';
import { type ReadLine, sha256 } from '../record.js';
import type { Findings } from './finding.js';

export interface TimeReport {
  /** Time stamps whose signature holds, of records that were looked at. */
  readonly stamps: number;
  /** Of those, by an authority that was given. */
  readonly trusted: number;
  /** The newest of them: everything up to this record was there at that time. */
  readonly last: { readonly seq: number; readonly time: string; readonly authority: string } | undefined;
}

/** Holds the time stamps in a log against the ends of segments that they are of. */
export class TimeCheck {
  readonly #authorities: readonly X509Certificate[] | undefined;
  /** By the number of the record that ends a segment. */
  readonly #ends = new Map<number, { readonly segment: number; readonly digest: string }>();
  #stamps = 0;
  #trusted = 0;
  #last: TimeReport['last'];

  constructor(authorities: readonly X509Certificate[] | undefined) {
    this.#authorities = authorities;
  }

  ended(segment: number, last: ReadLine): void {
    this.#ends.set(last.record.seq, { segment, digest: sha256(last.json) });
  }

  check({ record }: ReadLine, segment: number, findings: Findings): void {
    const { body, seq } = record;
    const place = { segment, seq };
    const wrong = (why: string): void =>
      findings.error('EVIDENCE_TIME_WRONG', `the time stamp in record ${seq} does not hold: ${why}`, place);
    const stamped = typeof body.seq === 'number' ? body.seq : 0;
    const end = this.#ends.get(stamped);
    // Of a segment that was pruned, or is not looked at.
    if (end === undefined) return;
    const stamp = stampIn(body.token);
    if (typeof stamp === 'string') {
      wrong(stamp);
      return;
    }
    if (stamp.imprint !== end.digest) {
      wrong(`it is not of record ${stamped}`);
      return;
    }
    this.#stamps += 1;
    if (this.#authorities !== undefined && !isTrusted(stamp, this.#authorities))
      findings.error(
        'EVIDENCE_TIME_NOT_TRUSTED',
        `the time stamp in record ${seq} is by an authority that none of the given certificates vouches for`,
        place,
      );
    else if (this.#authorities !== undefined) this.#trusted += 1;
    this.#last = { seq: stamped, time: stamp.time, authority: String(body.authority) };
  }

  get report(): TimeReport {
    return { stamps: this.#stamps, trusted: this.#trusted, last: this.#last };
  }
}

/** Or why there is none. */
function stampIn(token: unknown): TimeStamp | string {
  if (typeof token !== 'string') return 'it has no token';
  try {
    return readToken(Buffer.from(token, 'base64'));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
