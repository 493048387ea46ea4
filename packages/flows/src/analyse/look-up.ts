import type { Endpoint } from '../endpoint.js';

/** A name server's answer to a container, whatever it said. */
export interface LookUp {
  readonly self: Endpoint;
  /** That was asked for, in lower case. */
  readonly name: string;
  /** Number of the record type that was asked for. */
  readonly type: number;
  /** Of the answer, as far as it is read. */
  readonly bytes: number;
}
