const DEPTH = 64;

/** A value has no canonical form. */
export class NotCanonical extends Error {
  override readonly name = 'NotCanonical';

  /** `path` as `.output_fields["fd.name"][2]`; '' is the value itself. */
  constructor(
    readonly path: string,
    readonly why: string,
  ) {
    super(`${path || 'the value'} ${why}`);
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
  return write(value, '', 0);
}

function write(value: unknown, path: string, depth: number): string {
  switch (typeof value) {
    case 'string':
      return text(value, path);
    case 'number':
      if (!Number.isFinite(value))
        throw new NotCanonical(path, `is \`${value}\`, which JSON has no number for`);
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
      throw new NotCanonical(path, `is ${typeof value}, which is no data`);
  }
  if (value === null) return 'null';
  if (depth >= DEPTH) throw new NotCanonical(path, `lies deeper than ${DEPTH} levels`);
  if (Array.isArray(value))
    return `[${value.map((item, i) => write(item, `${path}[${i}]`, depth + 1)).join(',')}]`;
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  return members(value, path, depth);
}

function text(value: string, path: string): string {
  if (!value.isWellFormed()) throw new NotCanonical(path, 'is text with half a surrogate pair');
  return JSON.stringify(value);
}

function members(value: object, path: string, depth: number): string {
  const entries = value instanceof Map ? mapEntries(value, path) : plainEntries(value, path);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  let out = '';
  for (const [key, item] of entries) {
    if (item === undefined) continue;
    const at = /^[A-Za-z_]\w*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
    out += `${out === '' ? '' : ','}${text(key, at)}:${write(item, at, depth + 1)}`;
  }
  return `{${out}}`;
}

function mapEntries(map: ReadonlyMap<unknown, unknown>, path: string): [string, unknown][] {
  return [...map].map(([key, item]) => {
    if (typeof key !== 'string') throw new NotCanonical(path, 'is a map with keys that are no text');
    return [key, item];
  });
}

function plainEntries(value: object, path: string): [string, unknown][] {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Of whatever realm: the prototype of plain objects is the one that has none itself.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new NotCanonical(path, `is a ${value.constructor?.name ?? 'thing'}, which is no plain data`);
  return Object.entries(value);
}
