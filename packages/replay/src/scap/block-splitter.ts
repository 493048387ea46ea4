import { BLOCK_TYPES, type BlockType } from './block-types.js';

/** Longer blocks are refused: nothing real comes near, and a damaged length must not cost memory. */
export const MAX_BLOCK_BYTES = 32 * 1024 * 1024;
const HEADER = 8;
const TRAILER = 4;
const FIRST_CAPACITY = 256 * 1024;

export interface BlockHandler {
  /** The body lies in `bytes` from `start` to `end` and is valid during the call only. */
  block(type: BlockType, bytes: Buffer, start: number, end: number, offset: number): void;
  /** A block of a type that is not known, well formed. */
  unknown(type: number, length: number, offset: number): void;
  /** Bytes passed over because they are no block. */
  damaged(reason: string, bytes: number, offset: number): void;
}

/**
 * Cuts a stream of bytes into blocks. Where the bytes are no block it looks for the next place that is one: known
 * type, possible length, and the same length again at its end.
 *
 * Memory grows with bytes received, never with a length that was read.
 */
export class BlockSplitter {
  readonly #handler: BlockHandler;
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  #start = 0;
  #end = 0;
  /** Offset in the file of `#start`. */
  #offset = 0;
  /** Where the damage began and what it is, while looking for the next block. */
  #lost: { readonly from: number; readonly reason: string } | undefined;

  constructor(handler: BlockHandler) {
    this.#handler = handler;
  }

  push(chunk: Uint8Array): void {
    this.#append(chunk);
    this.#run(false);
  }

  /** No more bytes come. Returns false when the file ends in the middle of a block. */
  finish(): boolean {
    this.#run(true);
    const rest = this.#end - this.#start;
    const isWhole = rest === 0 && this.#lost === undefined;
    if (this.#lost !== undefined) this.#found(this.#offset + rest);
    else if (rest > 0) this.#handler.damaged('the file ends in the middle of a block', rest, this.#offset);
    return isWhole;
  }

  #append(chunk: Uint8Array): void {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    const held = this.#end - this.#start;
    if (this.#end + chunk.length > this.#bytes.length) {
      const needed = held + chunk.length;
      const target = needed > this.#bytes.length ? Buffer.allocUnsafe(2 * needed) : this.#bytes;
      this.#bytes.copy(target, 0, this.#start, this.#end);
      this.#bytes = target;
      this.#start = 0;
      this.#end = held;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #consume(length: number): void {
    this.#start += length;
    this.#offset += length;
  }

  #run(isLast: boolean): void {
    while (this.#end - this.#start >= HEADER + TRAILER) {
      const length = this.#bytes.readUInt32LE(this.#start + 4);
      const problem = this.#problem(length, isLast);
      if (problem === 'more') return;
      if (problem !== undefined) {
        this.#lost ??= { from: this.#offset, reason: problem };
        this.#consume(1);
        continue;
      }
      if (this.#lost !== undefined) this.#found(this.#offset);
      this.#deliver(length);
      this.#consume(length);
    }
  }

  /** Why no block begins here; `more` when that cannot be said yet. */
  #problem(length: number, isLast: boolean): string | undefined {
    const type = this.#bytes.readUInt32LE(this.#start);
    const isKnown = BLOCK_TYPES.has(type);
    if (this.#lost !== undefined && !isKnown) return 'unknown';
    if (length < HEADER + TRAILER) return `a block with the impossible length ${length}`;
    if (length > MAX_BLOCK_BYTES) return `a block longer than ${MAX_BLOCK_BYTES / 2 ** 20} MiB`;
    if (this.#end - this.#start < length) {
      if (!isLast) return 'more';
      // At the end of the file: a block cut off, unless one is being looked for.
      return this.#lost === undefined && isKnown ? 'more' : 'a block that goes on after the end of the file';
    }
    const again = this.#bytes.readUInt32LE(this.#start + length - TRAILER);
    return again === length ? undefined : 'a block whose two lengths differ';
  }

  #found(at: number): void {
    if (this.#lost === undefined) return;
    this.#handler.damaged(this.#lost.reason, at - this.#lost.from, this.#lost.from);
    this.#lost = undefined;
  }

  #deliver(length: number): void {
    const number = this.#bytes.readUInt32LE(this.#start);
    const type = BLOCK_TYPES.get(number);
    if (type === undefined) this.#handler.unknown(number, length, this.#offset);
    else {
      const end = this.#start + length - TRAILER;
      this.#handler.block(type, this.#bytes, this.#start + HEADER, end, this.#offset);
    }
  }
}
