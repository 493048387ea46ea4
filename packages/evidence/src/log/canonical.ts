const DEPTH = 64;

/** A value has no canonical form. */
export class NotCanonical extends Error {
  override readonly name = 'NotCanonical';

  /** `path` as `.output_fields["fd.name"][2]`; '' is the value itself. */
  constructor(
    readonly why: string,
    readonly path = '',
  ) {
    super(`${path || 'the value'} ${why}`);
  }

  /** The same, seen from the value it lies in. */
  within(key: string | number): NotCanonical {
    const isPlain = typeof key === 'string' && /^[A-Za-z_]\w*$/.test(key);
    return new NotCanonical(this.why, `${isPlain ? `.${key}` : `[${JSON.stringify(key)}]`}${this.path}`);
  }
}

/**
 * The one text a value has as JSON, by RFC 8785: members sorted by UTF-16 code units, numbers as ECMAScript writes them,
 * no white space. What JSON has no word for is written in a fixed way: a bigint as a number where a double holds it
 * exactly and as decimal text where not (RFC 8785, appendix D), a Map with text keys as an object, bytes as base64.
 * Members that are undefined are left out.
 *
 * @throws NotCanonical for numbers that are not finite, text that is not well-formed Unicode, and what is no data
 */
export function canonical(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'number':
      if (!Number.isFinite(value)) throw new NotCanonical(`is \`${value}\`, which JSON has no number for`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint': {
      const near = Number(value);
      return Number.isSafeInteger(near) ? String(near) : `"${value}"`;
    }
    case 'object':
      break;
    default:
      throw new NotCanonical(`is ${typeof value}, which is no data`);
  }
  if (value === null) return 'null';
  if (depth >= DEPTH) throw new NotCanonical(`lies deeper than ${DEPTH} levels`);
  if (Array.isArray(value)) return items(value, depth);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  return value instanceof Map ? members(fromMap(value), depth) : members(plain(value), depth);
}

function text(value: string): string {
  if (!value.isWellFormed()) throw new NotCanonical('is text with half a surrogate pair');
  return JSON.stringify(value);
}

function items(list: readonly unknown[], depth: number): string {
  let out = '[';
  for (let i = 0; i < list.length; i += 1) {
    if (i > 0) out += ',';
    try {
      out += write(list[i], depth + 1);
    } catch (error) {
      throw located(error, i);
    }
  }
  return `${out}]`;
}

function members(value: Readonly<Record<string, unknown>>, depth: number): string {
  let out = '{';
  for (const key of sorted(Object.keys(value))) {
    const item = value[key];
    if (item === undefined) continue;
    try {
      out += `${out === '{' ? '' : ','}${name(key)}${write(item, depth + 1)}`;
    } catch (error) {
      throw located(error, key);
    }
  }
  return `${out}}`;
}

/** Names of members with their colon: records have the same few hundred, and whoever chooses others gets no memory by it. */
const NAMES = new Map<string, string>();
const MOST_NAMES = 1024;
const LONGEST_NAME = 64;

function name(key: string): string {
  const known = NAMES.get(key);
  if (known !== undefined) return known;
  const written = `${text(key)}:`;
  if (NAMES.size < MOST_NAMES && key.length <= LONGEST_NAME) NAMES.set(key, written);
  return written;
}

/** Below it, inserting is faster than the sort of the library, which is made for more; most objects are. */
const FEW = 24;

/** By UTF-16 code units, as both do. In place. */
function sorted(keys: string[]): readonly string[] {
  if (keys.length > FEW) return keys.sort();
  for (let i = 1; i < keys.length; i += 1) {
    const key = keys[i] as string; // within the list, as below
    let at = i;
    while (at > 0 && (keys[at - 1] as string) > key) {
      keys[at] = keys[at - 1] as string;
      at -= 1;
    }
    keys[at] = key;
  }
  return keys;
}

const located = (error: unknown, key: string | number): unknown =>
  error instanceof NotCanonical ? error.within(key) : error;

function fromMap(map: ReadonlyMap<unknown, unknown>): Readonly<Record<string, unknown>> {
  for (const key of map.keys())
    if (typeof key !== 'string') throw new NotCanonical('is a map with keys that are no text');
  return Object.fromEntries(map);
}

function plain(value: object): Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Of whatever realm: the prototype of plain objects is the one that has none itself.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new NotCanonical(`is a ${value.constructor?.name ?? 'thing'}, which is no plain data`);
  return value as Readonly<Record<string, unknown>>; // plain: any key may be asked for
}
