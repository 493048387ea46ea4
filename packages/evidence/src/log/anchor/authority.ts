import { randomBytes } from 'node:crypto';
import { EvidenceError } from '../../error.js';
import {
  boolean,
  DerError,
  elements,
  expectTag,
  integer,
  nothing,
  octets,
  oid,
  readDer,
  sequence,
  TAG,
} from './der.js';
import { readToken } from './token.js';

export interface Stamp {
  /** As the authority wrote it. */
  readonly token: Buffer;
  /** RFC 3339. */
  readonly time: string;
  readonly serial: string;
}

/** Somebody elsewhere who testifies that a digest was there at a time. */
export interface TimeAuthority {
  /** Where it is, for people and for the record. */
  readonly name: string;
  /** `digest`: SHA-256. @throws EvidenceError EVIDENCE_TIME_UNAVAILABLE */
  stamp(digest: Buffer): Promise<Stamp>;
}

const SHA256 = '2.16.840.1.101.3.4.2.1';
const NONCE_BYTES = 8;
const MOST_BYTES = 64 * 1024;
const TIMEOUT_MS = 15_000;

/** A time-stamp request (RFC 3161, section 2.4.1) that asks for the certificates too. */
export function timeStampRequest(digest: Buffer, nonce: Buffer): Buffer {
  const imprint = sequence(sequence(oid(SHA256), nothing()), octets(digest));
  return sequence(integer(Buffer.of(1)), imprint, integer(nonce), boolean(true));
}

/** The token in an answer. @throws DerError when there is none, with the status */
export function tokenOf(answer: Buffer): Buffer {
  const [status, token] = elements(expectTag(readDer(answer), TAG.sequence, 'answer'));
  const [code] = elements(expectTag(status, TAG.sequence, 'status'));
  const value = expectTag(code, TAG.integer, 'status').content[0];
  if (value !== 0 && value !== 1) throw new DerError(`it was refused with status ${value}`);
  return expectTag(token, TAG.sequence, 'token').whole;
}

/** An authority of RFC 3161 that is asked over HTTP (section 3.4). */
export class Rfc3161Authority implements TimeAuthority {
  constructor(readonly name: string) {}

  async stamp(digest: Buffer): Promise<Stamp> {
    // The highest bit of the first byte must not be set, nor all of it be zero: it is compared as it is written.
    const nonce = randomBytes(NONCE_BYTES);
    nonce[0] = ((nonce[0] ?? 0) & 0x7f) | 0x40;
    try {
      const token = tokenOf(await this.#ask(timeStampRequest(digest, nonce)));
      const stamp = readToken(token);
      if (stamp.imprint !== digest.toString('hex')) throw new DerError('it is of another digest');
      if (stamp.nonce !== nonce.toString('hex')) throw new DerError('it answers another request');
      return { token, time: stamp.time, serial: stamp.serial };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new EvidenceError('EVIDENCE_TIME_UNAVAILABLE', `no time stamp from \`${this.name}\`: ${why}`, {
        help: 'check the address of the authority, and whether it can be reached from here',
        cause,
      });
    }
  }

  async #ask(request: Buffer): Promise<Buffer> {
    const answer = await fetch(this.name, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query' },
      body: new Uint8Array(request),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok || answer.body === null) throw new Error(`it answered with status ${answer.status}`);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new Error(`its answer is larger than ${MOST_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}
