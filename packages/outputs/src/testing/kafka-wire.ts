/** Values of Kafka's protocol as its guide defines them ("Protocol Primitive Types"), of versions that are not flexible. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  #take(size: number): number {
    this.#at += size;
    if (this.#at > this.#bytes.length) throw new RangeError('the request is shorter than it says');
    return this.#at - size;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#take(1));
  }
  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }
  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }
  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }
  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }
  raw(size: number): Buffer {
    const from = this.#take(size);
    return this.#bytes.subarray(from, from + size);
  }
  string(): string | undefined {
    const size = this.int16();
    return size < 0 ? undefined : this.raw(size).toString();
  }
  bytes(): Buffer {
    return this.raw(Math.max(0, this.int32()));
  }
  array<T>(read: () => T): readonly T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, read);
  }
  /** Of records: zigzag, as in Protocol Buffers. */
  varint(): number {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.raw(1)[0] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n));
    }
  }
  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }
}

export class WireWriter {
  readonly #parts: Buffer[] = [];

  #number(size: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(size);
    write(buffer);
    this.#parts.push(buffer);
    return this;
  }
  int8(value: number): this {
    return this.#number(1, (buffer) => buffer.writeInt8(value));
  }
  int16(value: number): this {
    return this.#number(2, (buffer) => buffer.writeInt16BE(value));
  }
  int32(value: number): this {
    return this.#number(4, (buffer) => buffer.writeInt32BE(value));
  }
  int64(value: bigint): this {
    return this.#number(8, (buffer) => buffer.writeBigInt64BE(value));
  }
  string(text: string | undefined): this {
    if (text === undefined) return this.int16(-1);
    const bytes = Buffer.from(text);
    this.int16(bytes.length).#parts.push(bytes);
    return this;
  }
  bytes(bytes: Buffer): this {
    this.int32(bytes.length).#parts.push(bytes);
    return this;
  }
  array<T>(items: readonly T[], write: (item: T) => unknown): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }
  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const CRC32C = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c;
});

/** RFC 3720, appendix B.4. */
export const crc32c = (bytes: Uint8Array): number =>
  ~bytes.reduce((crc, byte) => (CRC32C[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8), 0xffffffff) >>> 0;
