import { formatIpv4, formatIpv6 } from './ip-text.js';

const SLOT_BITS = 12;
const SLOTS = 1 << SLOT_BITS;
const IPV6_WORDS = 4;

/** The upper bits of a product depend on all bits below them: neighbours of one network get slots of their own. */
const slotOf = (word: number): number => Math.imul(word, 0x9e3779b1) >>> (32 - SLOT_BITS);

/**
 * Text of addresses without allocating for those seen before: direct-mapped, so memory is bounded and a look-up is a
 * hash and one comparison.
 */
export class AddressCache {
  readonly #v4Keys = new Int32Array(SLOTS);
  readonly #v4: (string | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);
  readonly #v6Keys = new Int32Array(SLOTS * IPV6_WORDS);
  readonly #v6: (string | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);

  v4(data: DataView, bytes: Uint8Array, at: number): string {
    const key = data.getInt32(at);
    const slot = slotOf(key);
    const known = this.#v4[slot];
    if (known !== undefined && this.#v4Keys[slot] === key) return known;
    const text = formatIpv4(bytes, at);
    this.#v4Keys[slot] = key;
    this.#v4[slot] = text;
    return text;
  }

  v6(data: DataView, bytes: Uint8Array, at: number): string {
    let mixed = 0;
    for (let word = 0; word < IPV6_WORDS; word += 1)
      mixed = Math.imul(mixed, 31) ^ data.getInt32(at + 4 * word);
    const slot = slotOf(mixed);
    const known = this.#v6[slot];
    if (known !== undefined && this.#isV6(data, at, slot)) return known;
    const text = formatIpv6(bytes, at);
    for (let word = 0; word < IPV6_WORDS; word += 1)
      this.#v6Keys[slot * IPV6_WORDS + word] = data.getInt32(at + 4 * word);
    this.#v6[slot] = text;
    return text;
  }

  #isV6(data: DataView, at: number, slot: number): boolean {
    for (let word = 0; word < IPV6_WORDS; word += 1)
      if (this.#v6Keys[slot * IPV6_WORDS + word] !== data.getInt32(at + 4 * word)) return false;
    return true;
  }
}
