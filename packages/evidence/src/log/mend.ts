import { canonical, NotCanonical } from './canonical.js';

/** As much as can be told of what was mended; a text full of halves need not be listed in full. */
const TOLD = 10;

export interface Encoded {
  readonly json: string;
  /** Where something had to be replaced, at most ten paths; undefined when nothing was. */
  readonly mended?: readonly string[];
}

/**
 * The canonical text of a body. What cannot be canonical but can be said is said otherwise, and where is told: half a
 * surrogate pair becomes U+FFFD, a number that is not finite its name. An attacker who gets such text into an event
 * must not keep it out of the log that way.
 *
 * @throws NotCanonical for what is no data at all
 */
export function encodeBody(body: unknown): Encoded {
  try {
    return { json: canonical(body) };
  } catch (error) {
    if (!(error instanceof NotCanonical)) throw error;
    const mended: string[] = [];
    const json = canonical(mend(body, '', 0, mended));
    if (mended.length === 0) throw error;
    return { json, mended: mended.slice(0, TOLD) };
  }
}

function mend(value: unknown, path: string, depth: number, mended: string[]): unknown {
  if (typeof value === 'string') {
    if (value.isWellFormed()) return value;
    mended.push(path.toWellFormed());
    return value.toWellFormed();
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    mended.push(path.toWellFormed());
    return String(value);
  }
  if (typeof value !== 'object' || value === null || depth > 64 || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item, i) => mend(item, `${path}[${i}]`, depth + 1, mended));
  const entries = value instanceof Map ? [...value] : isPlain(value) ? Object.entries(value) : undefined;
  if (entries === undefined) return value;
  return new Map(
    entries.map(([key, item]: [unknown, unknown]) => {
      const name = mend(key, `${path}.${String(key)}`, depth + 1, mended);
      return [name, mend(item, `${path}.${String(key)}`, depth + 1, mended)] as const;
    }),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
