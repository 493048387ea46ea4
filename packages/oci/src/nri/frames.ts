/** Whole frames out of a stream of chunks: a fixed head that tells the length of what follows. */
export class Frames {
  private pending: Buffer = Buffer.alloc(0);

  /** `lengthAt` is the offset of a big-endian 32-bit length within the head. */
  constructor(
    private readonly headBytes: number,
    private readonly lengthAt: number,
    private readonly maxBytes: number,
  ) {}

  /** @throws RangeError when a frame says that it is larger than this protocol allows */
  push(chunk: Buffer): readonly { readonly head: Buffer; readonly body: Buffer }[] {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const frames: { head: Buffer; body: Buffer }[] = [];
    while (this.pending.length >= this.headBytes) {
      const length = this.pending.readUInt32BE(this.lengthAt);
      if (length > this.maxBytes)
        throw new RangeError(`a frame of ${length} bytes; at most ${this.maxBytes} are allowed`);
      const end = this.headBytes + length;
      if (this.pending.length < end) break;
      frames.push({
        head: this.pending.subarray(0, this.headBytes),
        body: this.pending.subarray(this.headBytes, end),
      });
      this.pending = this.pending.subarray(end);
    }
    return frames;
  }
}
