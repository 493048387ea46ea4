import { mapKeys, mapLookup, mapSet } from '@runward/native';
import { decodeNamePattern, encodeNamePattern } from '../encode/name-key.js';
import { StructWriter } from '../encode/writer.js';
import { EnforceError } from '../error.js';
import { RwNameKey, RwNamePatterns } from '../layout.generated.js';

/** Of rw_names. */
const MAX_PATTERNS = 16_384;
const PER_NAME = RwNamePatterns.size / 4;

/**
 * Numbers of the patterns of names that lines ask for, kept in the kernel, so that they outlive this process. There the
 * longest pattern that fits a name is found, and has with its own number those of the wider ones.
 */
export class NamePatterns {
  readonly #map: number;
  readonly #numbers = new Map<string, number>();

  constructor(map: number) {
    this.#map = map;
    const value = new Uint8Array(RwNamePatterns.size);
    for (const key of mapKeys(map, RwNameKey.size))
      if (mapLookup(map, key, value))
        this.#numbers.set(decodeNamePattern(key), new DataView(value.buffer).getUint32(0, true));
  }

  /** @throws EnforceError ENFORCE_NO_ROOM */
  number(pattern: string): number {
    const known = this.#numbers.get(pattern);
    if (known !== undefined) return known;
    const number = Math.max(0, ...this.#numbers.values()) + 1;
    this.#numbers.set(pattern, number);
    try {
      // Longer ones that this one contains have its number from now on.
      for (const each of this.#numbers.keys())
        if (each === pattern || contains(pattern, each)) this.#write(each);
    } catch (error) {
      this.#numbers.delete(pattern);
      throw error;
    }
    return number;
  }

  #write(pattern: string): void {
    const wider = [...this.#numbers]
      .filter(([each]) => contains(each, pattern))
      .sort(([a], [b]) => b.length - a.length);
    const numbers = [this.#numbers.get(pattern) ?? 0, ...wider.map(([, number]) => number)];
    if (numbers.length > PER_NAME)
      throw new EnforceError(
        'ENFORCE_NO_ROOM',
        `\`${pattern}\` is fitted by more than ${PER_NAME} patterns of names: ${wider.map(([each]) => `\`${each}\``).join(', ')}`,
        { help: 'name fewer patterns that contain each other' },
      );
    const w = new StructWriter(RwNamePatterns.size);
    numbers.forEach((number, at) => {
      w.u32(4 * at, number);
    });
    const result = mapSet(this.#map, encodeNamePattern(pattern), w.bytes);
    if (result !== 0)
      throw new EnforceError(
        'ENFORCE_NO_ROOM',
        `the kernel holds no more than ${MAX_PATTERNS} patterns of names (errno ${-result})`,
        { help: 'name wider patterns, such as `*.example.com`' },
      );
  }
}

/** Whether a wider pattern fits all that the other does. */
const contains = (wide: string, narrow: string): boolean =>
  wide !== narrow &&
  wide.startsWith('*.') &&
  narrow.replace(/^\*/, '').endsWith(wide.slice(1)) &&
  narrow !== wide.slice(2);
