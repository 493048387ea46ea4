import type { FieldValue } from '@runward/events';
import { textOf } from './group-key.js';

/** Longer values are told apart by their beginning, length and a 64-bit hash, so that each takes little memory. */
const KEPT_LENGTH = 256;
const ENTRY_BYTES = 96;

/** Different values with the time each was last seen, the one seen longest ago first. */
export class DistinctValues {
  readonly #seen = new Map<string, number>();
  bytes = 0;

  get size(): number {
    return this.#seen.size;
  }

  get oldest(): number {
    for (const time of this.#seen.values()) return time;
    return 0;
  }

  /** Each element of a list counts. */
  add(value: FieldValue, time: number): void {
    if (typeof value === 'object' && !(value instanceof Uint8Array)) {
      for (const element of value) this.add(element, time);
      return;
    }
    const text = shorten(textOf(value));
    if (!this.#seen.delete(text)) this.bytes += ENTRY_BYTES + text.length;
    this.#seen.set(text, time);
  }

  /** Drops what was not seen after `limit`. */
  dropUntil(limit: number): void {
    for (const [text, time] of this.#seen) {
      if (time > limit) return;
      this.#seen.delete(text);
      this.bytes -= ENTRY_BYTES + text.length;
    }
  }

  /** Up to `count` of them. */
  first(count: number): readonly string[] {
    const values: string[] = [];
    for (const text of this.#seen.keys()) {
      if (values.length === count) break;
      values.push(text);
    }
    return values;
  }

  clear(): void {
    this.#seen.clear();
    this.bytes = 0;
  }
}

function shorten(text: string): string {
  if (text.length <= KEPT_LENGTH) return text;
  return `${text.slice(0, KEPT_LENGTH - 48)}…${text.length}:${hash(text, 0x811c9dc5)}${hash(text, 0x9747b28c)}`;
}

/** FNV-1a over UTF-16 units. */
function hash(text: string, seed: number): string {
  let value = seed;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}
