import { RwNameKey } from '../layout.generated.js';
import { StructWriter } from './writer.js';

/** Bytes a name or pattern can have in the kernel; what is longer fits nothing. */
export const LONGEST_NAME = RwNameKey.size - RwNameKey.name - 2;

/** A pattern as `struct rw_name_key`: backwards, and where it is for one name alone with a 0 behind. */
export function encodeNamePattern(pattern: string): Uint8Array<ArrayBuffer> {
  const isWild = pattern.startsWith('*.');
  const text = isWild ? pattern.slice(1) : pattern;
  const backwards = [...text].reverse().map((character) => character.charCodeAt(0));
  const bytes = isWild ? backwards : [...backwards, 0];
  const w = new StructWriter(RwNameKey.size);
  w.u32(RwNameKey.bits, bytes.length * 8);
  w.set(RwNameKey.name, Uint8Array.from(bytes));
  return w.bytes;
}

export function decodeNamePattern(key: Uint8Array): string {
  const length = new DataView(key.buffer, key.byteOffset).getUint32(RwNameKey.bits, true) / 8;
  const bytes = [...key.subarray(RwNameKey.name, RwNameKey.name + length)].reverse();
  const text = String.fromCharCode(...bytes.filter((byte) => byte !== 0));
  return text.startsWith('.') ? `*${text}` : text;
}
