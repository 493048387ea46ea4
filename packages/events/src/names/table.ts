/** Names of the values of an enumeration, by number. */
export type NameTable = ReadonlyMap<number, string>;

/**
 * Names of the bits of a flag word. `zero` names the value without any bit; `masked` lists enumerations
 * that share the word with the flags (the access mode of `open`, the type of `mmap`).
 */
export interface FlagTable {
  readonly zero: string | undefined;
  readonly masked: readonly { readonly mask: number; readonly names: NameTable }[];
  readonly bits: readonly (readonly [bit: number, name: string])[];
}

/** `NAME=number` pairs separated by white space; a bare name continues from the number before it. */
export function names(text: string): NameTable {
  const table = new Map<number, string>();
  let next = 0;
  for (const word of text.trim().split(/\s+/)) {
    const [name, value] = word.split('=');
    const number = value === undefined ? next : Number(value);
    if (name !== undefined) table.set(number, name);
    next = number + 1;
  }
  return table;
}

/** The same notation for the bits of a flag word. Masks of several bits match when all of them are set. */
export const bits = (text: string, more: Partial<Omit<FlagTable, 'bits'>> = {}): FlagTable => ({
  zero: more.zero,
  masked: more.masked ?? [],
  bits: [...names(text)],
});

export const enumName = (table: NameTable, value: number): string => table.get(value) ?? String(value);

/** An unbounded cache would let a caller of system calls grow the agent: flag words are attacker-chosen. */
const CACHE_LIMIT = 512;
const caches = new WeakMap<FlagTable, Map<number, string>>();

/** `A|B|0x40`: the names of the set bits, what has no name in hexadecimal, `0` or the zero name for none. */
export function flagNames(table: FlagTable, value: number): string {
  let cache = caches.get(table);
  if (cache === undefined) {
    cache = new Map();
    caches.set(table, cache);
  }
  const known = cache.get(value);
  if (known !== undefined) return known;
  const text = spellFlags(table, value);
  if (cache.size < CACHE_LIMIT) cache.set(value, text);
  return text;
}

function spellFlags(table: FlagTable, value: number): string {
  const found: string[] = [];
  // bigint: flag words of clone3 and mount exceed the 32 bits of the number operators.
  let rest = BigInt(Math.trunc(value));
  if (rest < 0n) rest = BigInt.asUintN(32, rest);
  for (const { mask, names: table_ } of table.masked) {
    const part = Number(rest & BigInt(mask));
    const name = table_.get(part);
    if (name === undefined) continue;
    found.push(name);
    rest &= ~BigInt(part);
  }
  for (const [bit, name] of table.bits) {
    const mask = BigInt(bit);
    if ((rest & mask) !== mask) continue;
    found.push(name);
    rest &= ~mask;
  }
  if (rest !== 0n) found.push(`0x${rest.toString(16)}`);
  return found.length > 0 ? found.join('|') : (table.zero ?? '0');
}
