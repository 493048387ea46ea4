const SLOTS = 8192;
const MASK = SLOTS - 1;
const MAX_CACHED = 192;
/** A leading U+FEFF is part of the text: dropped, it would make a relative path absolute. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Turns bytes into strings without allocating for strings seen before: a cache of pairs of slots, so memory
 * is bounded and a look-up costs one pass over the bytes plus at most two comparisons. Only ASCII of moderate length is
 * kept; anything else is decoded as UTF-8 with U+FFFD for what is none.
 */
export class StringCache {
  readonly #strings: string[] = new Array<string>(SLOTS).fill('');

  decode(bytes: Uint8Array, offset: number, length: number): string {
    if (length === 0) return '';
    if (length > MAX_CACHED) return decoder.decode(bytes.subarray(offset, offset + length));
    let hash = length;
    let high = 0;
    const end = offset + length;
    for (let i = offset; i < end; i += 1) {
      const byte = bytes[i] as number; // in range: spans are checked against the record
      hash = (Math.imul(hash, 31) + byte) | 0;
      high |= byte;
    }
    const slot = (hash ^ (hash >>> 13)) & MASK;
    const known = this.#strings[slot] as string; // the array is full from the start
    if (known.length === length && isSame(known, bytes, offset)) return known;
    const second = this.#strings[slot ^ 1] as string;
    if (second.length === length && isSame(second, bytes, offset)) return second;
    const text = decoder.decode(bytes.subarray(offset, end));
    if (high < 0x80) {
      this.#strings[slot ^ 1] = known;
      this.#strings[slot] = text;
    }
    return text;
  }
}

function isSame(text: string, bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) !== bytes[offset + i]) return false;
  }
  return true;
}
