const SET_BITS = 11;
/** Strings that share a set and come in turn would drive each other out if a set had one or two. */
const WAYS = 4;
const SLOTS = WAYS << SET_BITS;
const MAX_CACHED = 192;
/** A leading U+FEFF is part of the text: dropped, it would make a relative path absolute. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Turns bytes into strings without allocating for strings seen before: a cache of small sets, so memory is
 * bounded and a look-up costs one pass over the bytes plus a few comparisons. Only ASCII of moderate length is
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
    const set = (Math.imul(hash, 0x9e3779b1) >>> (32 - SET_BITS)) * WAYS; // upper bits depend on all of the hash
    for (let slot = set; slot < set + WAYS; slot += 1) {
      const known = this.#strings[slot] as string; // the array is full from the start
      if (known.length === length && isSame(known, bytes, offset)) return known;
    }
    const text = decoder.decode(bytes.subarray(offset, end));
    if (high < 0x80) this.#keep(set, text);
    return text;
  }

  /** The oldest of the set makes room. */
  #keep(set: number, text: string): void {
    this.#strings.copyWithin(set + 1, set, set + WAYS - 1);
    this.#strings[set] = text;
  }
}

function isSame(text: string, bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (text.charCodeAt(i) !== bytes[offset + i]) return false;
  }
  return true;
}
