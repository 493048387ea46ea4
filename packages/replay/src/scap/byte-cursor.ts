/** A read went past the end: the bytes are not what their lengths say. */
export class OutOfBounds extends Error {}

/** Reads little-endian values one after the other; never past `end`. */
export class ByteCursor {
  readonly #bytes: Buffer;
  readonly end: number;
  at: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.end = Math.min(end, bytes.length);
  }

  get left(): number {
    return this.end - this.at;
  }

  #take(length: number): number {
    const at = this.at;
    if (length < 0 || at + length > this.end) throw new OutOfBounds('the entry is longer than its block');
    this.at = at + length;
    return at;
  }

  skip(length: number): void {
    this.#take(length);
  }
  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }
  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }
  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }
  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }
  /** A 64-bit value that stands for a small signed number (pid, descriptor). */
  i64(): number {
    return Number(this.#bytes.readBigInt64LE(this.#take(8)));
  }
  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }
  /** A string behind its 16-bit length. */
  text(): string {
    return this.bytes(this.u16()).toString('utf8');
  }
  /** NUL-separated words behind their 16-bit length. */
  words(): readonly string[] {
    return splitWords(this.bytes(this.u16()));
  }
}

/** Longest list of words kept of one process: more than any capture writes (4,096 bytes of arguments, as of today). */
const MAX_WORD_BYTES = 16_384;

/** `a\0b\0` as words; an empty word in the middle counts, the one after the last NUL does not. */
export function splitWords(bytes: Buffer): readonly string[] {
  if (bytes.length === 0) return [];
  const text = bytes.toString('utf8', 0, Math.min(bytes.length, MAX_WORD_BYTES));
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}
