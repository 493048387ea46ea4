import { malformed } from '../error.js';

/** Reads big-endian TPM structures (TPM 2.0 Part 2). Whatever the bytes are, it reads within them or throws a TpmError. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  /** `what` names the structure in errors. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  get at(): number {
    return this.#at;
  }

  /** @throws TpmError TPM_MALFORMED */
  bytes(length: number): Buffer {
    if (length > this.left)
      throw this.bad(`${length} bytes are announced at ${this.#at}, ${this.left} are there`);
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  u8(): number {
    return this.bytes(1).readUInt8();
  }

  u16(): number {
    return this.bytes(2).readUInt16BE();
  }

  u32(): number {
    return this.bytes(4).readUInt32BE();
  }

  u64(): bigint {
    return this.bytes(8).readBigUInt64BE();
  }

  u16le(): number {
    return this.bytes(2).readUInt16LE();
  }

  u32le(): number {
    return this.bytes(4).readUInt32LE();
  }

  /** A buffer with its length in front (`TPM2B_…`). */
  sized(): Buffer {
    return this.bytes(this.u16());
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left > 0) throw this.bad(`${this.left} bytes follow its end`);
  }

  bad(why: string) {
    return malformed(this.#what, why);
  }
}
